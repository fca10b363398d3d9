import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf } from '../../shared/model/partition.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { eventually, type GraphEntry } from './support/cloud.ts';
import { startHost, type MoreHost } from './support/more-hosts.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { startScene, type Scene } from './support/scene.ts';

/** Two instances hold one partition at once, as after a lost lock: no older value over a newer one, nothing twice. */
let scene: Scene;
const hosts: MoreHost[] = [];
const longMs = 110_000;

beforeAll(async () => {
  scene = await startScene({ busArguments: ['--lock', 'PT10S'] });
}, 240_000);
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await scene.stop();
});

const people = (names: readonly string[], attributes: Record<string, readonly string[]> = {}) =>
  scene.relay.changes(names.map((name) => userRead(name, attributes)));
const title = (names: readonly string[], value: string, lane: 'live' | 'bulk' = 'live') =>
  scene.relay.changes(
    names.map((name) => ({ key: keyOf(name), attributes: { title: [value] } })),
    { lane },
  );
const record = async (name: string) => {
  const row = await scene.tables.get(
    'Objects',
    `corp|${partitionOf('corp', keyOf(name))}`,
    `o|${keyOf(name)}`,
  );
  return row?.data as ObjectRecord;
};
const idOf = async (name: string) => (await record(name)).link?.cloudId ?? '';
const haveTitle = async (names: readonly string[], value: string) => {
  const found = await Promise.all(names.map((name) => scene.user(name)));
  return found.every((user) => user?.['jobTitle'] === value);
};
/** How often Graph has really changed each property of the object. */
async function effects(id: string): Promise<Record<string, number>> {
  const answer = await fetch(`${scene.cloud.graphUrl}/_local/effects`);
  const { objects } = (await answer.json()) as {
    objects: Record<string, { properties: Record<string, number> }>;
  };
  return objects[id]?.properties ?? {};
}
const faultsLeft = async () => {
  const { faults } = (await (await fetch(`${scene.cloud.graphUrl}/_local/faults`)).json()) as {
    faults: { left: number }[];
  };
  return faults.reduce((sum, { left }) => sum + left, 0);
};
const quiet = (names: readonly string[]) => Promise.all(names.map((name) => scene.settled(name)));
/** Requests to one object that were under way together. */
function overlaps(entries: readonly GraphEntry[]): string[] {
  const byObject = Map.groupBy(
    entries.filter(({ objectId }) => objectId !== null),
    ({ objectId }) => objectId,
  );
  return [...byObject.values()].flatMap((some) => {
    const inOrder = some.toSorted((a, b) => a.startedAt - b.startedAt);
    return inOrder.flatMap((one, index) => {
      const next = inOrder[index + 1];
      return next !== undefined && next.startedAt < one.answeredAt ? [`${one.path} and ${next.path}`] : [];
    });
  });
}

describe('connections to the bus that are cut while Graph answers', () => {
  const cut = ['kim', 'lea', 'max', 'ned', 'ola', 'pia'];

  test('the successor waits for the attempt, and what came meanwhile is written once', async () => {
    hosts.push(await startHost(scene.cloud));
    await people(cut);
    await eventually('all are created', async () =>
      (await Promise.all(cut.map((name) => scene.user(name)))).every((user) => user !== undefined),
    );
    await quiet(cut);
    const since = await scene.seq();
    await scene.cloud.fault({
      match: { method: 'PATCH', path: '/users/' },
      times: cut.length,
      action: { answerDelayMs: 4_000 },
    });
    await title(cut, 'Old');
    await eventually('all requests are under way', async () => (await faultsLeft()) === 0);
    await fetch(`${scene.cloud.busAdmin}/connections`, { method: 'DELETE' });
    await title(cut, 'New');
    await eventually('all are new', () => haveTitle(cut, 'New'), longMs);
    await quiet(cut);
    expect(overlaps(await scene.writes(since))).toEqual([]);
    for (const name of cut) {
      expect(await effects(await idOf(name))).toMatchObject({ created: 1, jobTitle: 2 });
      expect(await record(name)).toMatchObject({
        attempt: null,
        isDirty: false,
        link: { applied: { jobTitle: 'New' } },
      });
    }
  }, 300_000);
});

describe('an instance that stands still while it writes', () => {
  const written = ['ada', 'bob'];
  const made = 'cyd';
  const all = [...written, made, 'dan'];

  test('what it had in hand is done by its successor, and it does no harm when it goes on', async () => {
    await people([...written, 'dan']);
    await scene.relay.changes([groupRead('crew')]);
    await eventually('all are created', async () =>
      (await Promise.all([...written, 'dan'].map((name) => scene.user(name)))).every(
        (one) => one !== undefined,
      ),
    );
    await eventually('the group', () => scene.group('crew'));
    await quiet([...written, 'dan', 'crew']);
    for (const host of hosts.splice(0)) await host.stop();

    // Ada’s PATCH and dan’s membership are applied, and the answers are on their way; bob’s PATCH is not applied yet.
    const [ada, bob] = await Promise.all(written.map(idOf));
    const patch = (id: string | undefined, action: unknown) =>
      scene.cloud.fault({ match: { method: 'PATCH', path: `/users/${id ?? '-'}` }, action });
    await patch(ada, { answerDelayMs: 15_000 });
    await patch(bob, { delayMs: 15_000 });
    await scene.cloud.fault({
      match: { method: 'POST', path: '/members/' },
      action: { answerDelayMs: 15_000 },
    });
    await title(written, 'Old');
    await scene.relay.changes([member([keyOf('dan')], [])]);
    await eventually('all are under way', async () => (await faultsLeft()) === 0);
    const first = scene.cloud.children.find(({ name }) => name === 'host')?.pid ?? 0;
    process.kill(first, 'SIGSTOP');

    // Another one has marked its attempt to make cyd, and gets no token.
    await scene.cloud.fault({ match: { path: '/msi/token' }, times: null, action: { delayMs: 60_000 } });
    const second = await startHost(scene.cloud);
    hosts.push(second);
    await people([made], { title: ['Old'] });
    await eventually(
      'its attempt is marked',
      async () => {
        const row = await record(made).catch(() => undefined);
        return row?.attempt != null;
      },
      longMs,
    );
    second.pause();
    await fetch(`${scene.cloud.graphUrl}/_local/faults`, { method: 'DELETE' });

    hosts.push(await startHost(scene.cloud));
    await title([...written, made], 'New');
    await scene.relay.changes([member([], [keyOf('dan')])]);
    await eventually('all are new', () => haveTitle([...written, made], 'New'), longMs);
    const crewIsEmpty = async () => ((await scene.group('crew'))?.['members'] as string[]).length === 0;
    await eventually('dan is out', crewIsEmpty, longMs);
    await quiet([...all.slice(0, 3), 'crew']);
    const since = await scene.seq();

    process.kill(first, 'SIGCONT');
    second.goOn();
    await eventually('the first has taken its answers', () =>
      Promise.resolve(scene.cloud.hostLog.some((line) => /lock/i.test(line))),
    );
    // Both take part in the work again.
    const others = Array.from({ length: 40 }, (_, index) => `later${index}`);
    await people(others);
    await eventually(
      'later ones are created',
      async () =>
        (await Promise.all(others.map((name) => scene.user(name)))).every((one) => one !== undefined),
      longMs,
    );
    await quiet([...all, 'crew', ...others]);
    const late = (await scene.writes(since)).filter(
      ({ path }) => path.includes(ada ?? '') || path.includes(bob ?? ''),
    );
    expect(late).toEqual([]);
    expect(await haveTitle([...written, made], 'New')).toBe(true);
    expect(await crewIsEmpty()).toBe(true);
    for (const name of written) {
      expect(await effects(await idOf(name)), name).toMatchObject({ created: 1, jobTitle: 2 });
      expect((await record(name)).link?.applied['jobTitle']).toBe('New');
    }
    const creations = (await scene.writes(0)).filter(
      ({ method, path, bodyKeys }) => method === 'POST' && /\/users$/.test(path) && bodyKeys.length > 0,
    );
    const cyd = await scene.user(made);
    expect(creations.filter(({ objectId }) => objectId === cyd?.id)).toHaveLength(1);
    expect(await effects(String(cyd?.id))).toMatchObject({ created: 1 });
    expect((await record(made)).attempt).toBeNull();
  }, 400_000);
});

const member = (added: readonly string[], removed: readonly string[]) => ({
  key: keyOf('crew'),
  attributes: {},
  links: { member: { added: [...added], removed: [...removed] } },
});
