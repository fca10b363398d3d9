import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WriteBucket } from '../../shared/state/write-bucket.ts';
import { eventually, type GraphEntry } from './support/cloud.ts';
import { startHost, type MoreHost } from './support/more-hosts.ts';
import { keyOf, userRead } from './support/relay.ts';
import { startScene, type CloudObject, type Scene } from './support/scene.ts';

/** Several instances draw on one quota, here a tenth of Graph's: 300 writes in 150 s, two a second. */
let scene: Scene;
const hosts: MoreHost[] = [];
const writesPer150s = 300;
const perMs = writesPer150s / 150_000;
/** Three quarters of the bucket are there for bulk at once, the rest comes two a second. */
const count = 320;
const longMs = 300_000;
const settings = {
  DIRBRIDGE_GRAPH_WRITES_PER_150S: String(writesPer150s),
  // In Azure one instance has the timer, here all have: three that sweep every two seconds are all that the tables serve.
  DIRBRIDGE_SWEEP_SCHEDULE: '*/10 * * * * *',
};

beforeAll(async () => {
  scene = await startScene({ settings });
  hosts.push(await startHost(scene.cloud), await startHost(scene.cloud));
}, 300_000);
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await scene.stop();
});

const written = async (): Promise<readonly GraphEntry[]> =>
  (await scene.writes(0)).toSorted((a, b) => a.startedAt - b.startedAt);
const turnsOf = (log: readonly string[]) =>
  log.filter((line) => line.includes("Executed 'Functions.changes'")).length;

/** The least that a bucket as the service counts it, full at first, ever held while these writes came. */
function leastLeft(
  entries: readonly GraphEntry[],
  capacity: number,
): { least: number; left: number; at: number } {
  let left = capacity;
  let least = capacity;
  let at = entries[0]?.startedAt ?? 0;
  for (const { startedAt } of entries) {
    left = Math.min(capacity, left + (startedAt - at) * perMs) - 1;
    least = Math.min(least, left);
    at = startedAt;
  }
  return { least, left, at };
}

test('the quota holds for all of them together, and what one that dies had in hand is soon made up for', async () => {
  const names = Array.from({ length: count }, (_, index) => `shared${index}`);
  const first = 'shared0';
  await scene.relay.changes([userRead(first)]);
  await eventually('one is created', () => scene.user(first), longMs);
  await scene.relay.changes(
    names.slice(1).map((name) => userRead(name)),
    { lane: 'bulk' },
  );
  await eventually('the first tokens are spent', async () => (await written()).length > 150, longMs);

  // What is live is written while bulk has to wait.
  await scene.relay.changes([{ key: keyOf(first), attributes: { title: ['Live'] } }]);
  await eventually(
    'a live change is written',
    async () => (await scene.user(first))?.['jobTitle'] === 'Live',
    longMs,
  );
  const third = await startHost(scene.cloud);
  hosts.push(third);
  const [second] = hosts.splice(0, 1);
  await second?.kill();
  const users = async () =>
    ((await scene.cloud.graphObjects())['users'] as CloudObject[]).filter(({ displayName }) =>
      String(displayName).startsWith('User shared'),
    );
  await eventually('all are created', async () => (await users()).length === count, longMs);
  const later = names.slice(1, 61);
  await scene.relay.changes(later.map((name) => ({ key: keyOf(name), attributes: { title: ['Later'] } })));
  await eventually(
    'sixty more changes are written',
    async () => (await users()).filter(({ jobTitle }) => jobTitle === 'Later').length === later.length,
    longMs,
  );

  const entries = await written();
  expect(entries.filter(({ status }) => status === 429)).toEqual([]);
  const isLive = ({ method, path }: GraphEntry) => method === 'PATCH' && path.includes('/users/');
  const isCreation = ({ method, path }: GraphEntry) => method === 'POST' && path.endsWith('/users');
  expect(entries.findIndex(isLive)).toBeLessThan(entries.findLastIndex(isCreation));
  const { least, left, at } = leastLeft(entries, writesPer150s);
  expect(least, 'the service’s own bucket has a token for every write').toBeGreaterThanOrEqual(0);
  const creations = entries.filter(isCreation);
  expect(creations.filter(({ status }) => status === 201)).toHaveLength(count);

  const row = await scene.tables.get(
    'Quota',
    `${scene.cloud.environment['DIRBRIDGE_CLIENT_ID'] ?? ''}|${scene.cloud.environment['DIRBRIDGE_TENANT_ID'] ?? ''}`,
    'graph-writes',
  );
  const bucket = row?.data as WriteBucket;
  const inRow = bucket.tokens + (at - bucket.at) * perMs;
  const lost = left - inRow;
  const [burstEnd] = entries.slice(217);
  const last = entries.at(-1);
  const rate = (entries.length - 217) / (((last?.startedAt ?? 0) - (burstEnd?.startedAt ?? 0)) / 1_000);
  console.log(
    `${entries.length} writes; least left in the service’s bucket ${least.toFixed(1)}; ${rate.toFixed(2)} writes a second afterwards (quota 2); ${lost.toFixed(0)} tokens drawn and not used, ${turnsOf(third.log)} turns of the third`,
  );
}, 600_000);
