import { afterAll, beforeAll, expect, test } from 'vitest';
import { partitionOf } from '../../shared/model/partition.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { eventually } from './support/cloud.ts';
import { startHost, type MoreHost } from './support/more-hosts.ts';
import { keyOf, userRead } from './support/relay.ts';
import { startScene, type Scene } from './support/scene.ts';

/** Graph asks two instances to wait longer than an attempt lasts, and holds answers for a minute. */
let scene: Scene;
let second: MoreHost | undefined;
/** Longer than the 40 s of an attempt. */
const retryAfterMs = 45_000;
const heldMs = 60_000;
const longMs = 150_000;

beforeAll(async () => {
  scene = await startScene();
  second = await startHost(scene.cloud);
}, 300_000);
afterAll(async () => {
  await second?.stop();
  await scene.stop();
});

const title = (name: string, value: string) =>
  scene.relay.changes([{ key: keyOf(name), attributes: { title: [value] } }]);
const record = async (name: string) => {
  const row = await scene.tables.get(
    'Objects',
    `corp|${partitionOf('corp', keyOf(name))}`,
    `o|${keyOf(name)}`,
  );
  return row?.data as ObjectRecord;
};
const titleOf = async (name: string) => (await scene.user(name))?.['jobTitle'];
async function titlesWritten(name: string): Promise<number> {
  const answer = await fetch(`${scene.cloud.graphUrl}/_local/effects`);
  const { objects } = (await answer.json()) as {
    objects: Record<string, { properties: Record<string, number> }>;
  };
  return objects[(await record(name)).link?.cloudId ?? '']?.properties['jobTitle'] ?? 0;
}
const faultsLeft = async () => {
  const { faults } = (await (await fetch(`${scene.cloud.graphUrl}/_local/faults`)).json()) as {
    faults: { left: number }[];
  };
  return faults.reduce((sum, { left }) => sum + left, 0);
};

test('nobody writes before the time Graph named, nothing old arrives late, and each value counts once', async () => {
  const [held, late, refused, other] = ['uma', 'vic', 'tim', 'wes'];
  const names = [held, late, refused, other];
  await scene.relay.changes(names.map((name) => userRead(name)));
  await eventually(
    'all are created',
    async () =>
      (await Promise.all(names.map((name) => scene.user(name)))).every((user) => user !== undefined),
    longMs,
  );
  await Promise.all(names.map((name) => scene.settled(name)));
  const fault = async (name: string, action: unknown) =>
    scene.cloud.fault({
      match: { method: 'PATCH', path: `/users/${(await record(name)).link?.cloudId ?? '-'}` },
      action,
    });
  // One is applied and its answer held, one is applied only when the caller has long given up.
  await fault(held, { answerDelayMs: heldMs });
  await fault(late, { delayMs: heldMs });
  await title(held, 'Old');
  await title(late, 'Old');
  await eventually('both are under way', async () => (await faultsLeft()) === 0, longMs);
  const since = await scene.seq();
  await fault(refused, { status: 429, headers: { 'retry-after': String(retryAfterMs / 1_000) } });
  await title(refused, 'Old');
  const refusal = await eventually(
    'Graph has asked to wait',
    async () => (await scene.writes(since)).find(({ status }) => status === 429),
    longMs,
  );
  await Promise.all(names.map((name) => title(name, 'New')));
  await eventually(
    'all have the newer title',
    async () => (await Promise.all(names.map(titleOf))).every((value) => value === 'New'),
    longMs,
  );
  await eventually(
    'what was held has been applied',
    async () => (await scene.writes(since)).some(({ fault: played }) => played === 'delayMs'),
    longMs,
  );
  await eventually(
    'each has one attempt behind it',
    async () => {
      const records = await Promise.all(names.map(record));
      return records.every(({ attempt, index }) => attempt === null && index === null);
    },
    longMs,
  );
  expect(await Promise.all(names.map(titleOf))).toEqual(names.map(() => 'New'));
  const written = await Promise.all(names.map(titlesWritten));
  // Of the refused one the older value was never taken.
  expect(Object.fromEntries(names.map((name, index) => [name, written[index]]))).toEqual({
    [held]: 2,
    [late]: 2,
    [refused]: 1,
    [other]: 1,
  });
  const until = refusal.answeredAt + retryAfterMs;
  const sent = (await scene.writes(since)).filter(({ startedAt }) => startedAt > refusal.answeredAt);
  // Whoever had its token already when the 429 came may still send.
  const early = sent.filter(({ startedAt }) => startedAt > refusal.answeredAt + 1_000 && startedAt < until);
  expect(early.map(({ path }) => path)).toEqual([]);
  const first = Math.min(
    ...sent.filter(({ startedAt }) => startedAt >= until).map(({ startedAt }) => startedAt),
  );
  console.log(`the first write came ${Math.round(first - until)} ms after the time that Graph named`);
}, 400_000);
