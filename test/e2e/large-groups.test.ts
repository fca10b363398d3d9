import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeObject } from '../../functions/pipeline/object-rows.ts';
import { foldObject } from '../../shared/fold/fold-object.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { newRecord, type ObjectRecord } from '../../shared/state/object-record.ts';
import { eventually } from './support/cloud.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { rulesWith, startScene, type CloudObject, type Scene } from './support/scene.ts';

/**
 * One group with very many members: filled, changed by one, deleted. `GROUP_SIZE=50000` takes minutes; the
 * figures it prints are those of issue reports.
 */
let scene: Scene;
const size = Number(process.env['GROUP_SIZE'] ?? 1_000);
const longMs = 240_000 + size * 40;
const members = Array.from({ length: size }, (_, index) => `m${index}`);
const late = 'latecomer';
const crowd = 'crowd';
/** As many values of a list as the agent puts into one message: 180 KB. */
const valuesAtOnce = 4_000;
const membersPerWrite = 20;

beforeAll(async () => {
  scene = await startScene({
    graphArguments: ['--no-throttle'],
    settings: { DIRBRIDGE_GRAPH_WRITES_PER_150S: '30000' },
    rules: rulesWith(({ syncs: { groups } }) => {
      groups.lifecycle['deleted'] = { action: 'delete' };
    }),
  });
  await linked([...members, late]);
}, 240_000 + longMs);
afterAll(async () => scene.stop());

const cloudIdOf = (name: string): string => {
  const key = keyOf(name);
  return [key.slice(0, 8), key.slice(8, 12), key.slice(12, 16), key.slice(16, 20), key.slice(20)].join('-');
};

/** People who have been in the cloud for long: so many creations would take the time of the test. */
async function linked(names: readonly string[]): Promise<void> {
  const version = { epoch: scene.relay.epoch, n: 1 };
  for (const some of chunks(names, 5_000))
    await fetch(`${scene.cloud.graphUrl}/_local/seed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        users: some.map((name) => ({
          id: cloudIdOf(name),
          displayName: `User ${name}`,
          userPrincipalName: `${name}@contoso.com`,
          mailNickname: name,
          accountEnabled: true,
        })),
      }),
    }).then(async (answer) => {
      if (!answer.ok) throw new Error(await answer.text());
    });
  const record = (name: string): ObjectRecord => ({
    ...newRecord(foldObject(null, userRead(name), { version, asked: [] })),
    revision: 1,
    link: {
      sync: 'users',
      cloudId: cloudIdOf(name),
      cloudClass: 'user',
      anchor: '',
      linkedAt: 0,
      applied: {},
      appliedReferences: {},
      state: 'live',
      leaving: null,
      deletedAt: null,
      lagUntil: null,
    },
  });
  const byPartition = [...Map.groupBy(names, (name) => partitionOf('corp', keyOf(name)))];
  for (const some of chunks(byPartition, 16))
    await Promise.all(
      some.map(async ([partition, people]) => {
        for (const few of chunks(people, 90))
          await scene.tables.transact(
            'Objects',
            `corp|${partition}`,
            few.map((name) => writeObject(record(name), null)),
          );
      }),
    );
}

function chunks<T>(items: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
}

const change = (added: readonly string[], removed: readonly string[] = []) => ({
  key: keyOf(crowd),
  attributes: {},
  links: { member: { added: added.map(keyOf), removed: removed.map(keyOf) } },
});
const inCloud = async () => {
  const groups = (await scene.cloud.graphObjects())['groups'] as (CloudObject & { members: string[] })[];
  return groups.find(({ displayName }) => displayName === `Group ${crowd}`);
};
const hostMemory = (field: 'VmHWM' | 'VmRSS'): number => {
  const { pid } = scene.cloud.children.find(({ name }) => name === 'host') ?? { pid: 0 };
  const [, kilobytes] =
    new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1_024);
};
async function requestsFor(step: () => Promise<void>) {
  const since = await scene.seq();
  const startedAt = Date.now();
  await step();
  await scene.settled(crowd);
  const all = (await scene.cloud.graphLog()).filter(
    ({ seq, path }) => seq > since && !path.endsWith('/$batch'),
  );
  return { requests: all, ms: Date.now() - startedAt };
}

test(
  'is filled by twenties, changed by one request for one member, and deleted by one',
  async () => {
    const before = hostMemory('VmRSS');
    const filled = await requestsFor(async () => {
      const [first = [], ...others] = chunks(members, valuesAtOnce);
      await scene.relay.changes([groupRead(crowd, first)], { lane: 'bulk' });
      for (const some of others) await scene.relay.changes([change(some)], { lane: 'bulk' });
      await eventually(
        'all writes are made',
        async () => {
          const made = (await scene.writes(0)).filter(({ bodyKeys }) =>
            bodyKeys.includes('members@odata.bind'),
          );
          return made.length >= Math.ceil(size / membersPerWrite);
        },
        longMs,
      );
    });
    await eventually('all are members', async () => (await inCloud())?.members.length === size, longMs);
    const writes = filled.requests.filter(({ method }) => method !== 'GET');
    expect(writes.length).toBeLessThanOrEqual(
      1 + Math.ceil(size / membersPerWrite) + Math.ceil(size / valuesAtOnce),
    );
    expect(writes.filter(({ status }) => status >= 400)).toEqual([]);

    const added = await requestsFor(async () => {
      await scene.relay.changes([change([late])]);
      await eventually(
        'it is added',
        async () => (await inCloud())?.members.includes(cloudIdOf(late)),
        longMs,
      );
    });
    expect(added.requests).toHaveLength(1);
    const removed = await requestsFor(async () => {
      await scene.relay.changes([change([], [late])]);
      await eventually('it is taken out', async () => (await inCloud())?.members.length === size, longMs);
    });
    expect(removed.requests).toHaveLength(1);
    const deleted = await requestsFor(async () => {
      await scene.relay.changes([{ key: keyOf(crowd), deleted: true, attributes: {} }]);
      await eventually('it is deleted', async () => (await inCloud()) === undefined, longMs);
    });
    expect(deleted.requests.map(({ method }) => method)).toEqual(['DELETE']);
    const peak = hostMemory('VmHWM');
    console.log(
      `${size} members: ${writes.length} writes in ${filled.ms} ms; one more ${added.ms} ms, one less ${removed.ms} ms, deleted ${deleted.ms} ms; memory of the app ${before} MB, peak ${peak} MB`,
    );
    expect(peak - before).toBeLessThan(500);
  },
  600_000 + longMs,
);
