import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Envelope } from '../../../shared/contracts/envelope.v1.ts';
import { settleMessage } from '../../../functions/settle-message.ts';
import { connector, keyIn, refusal, user, World } from '../pipeline-review/world.ts';

const partition = 'p01';
const ada = keyIn(partition, 0);

describe('a message that fails without an outage', () => {
  const failing = (world: World, envelope: Envelope) =>
    settleMessage(world.pipeline, 'changes', { envelope }, () => Promise.reject(new TypeError('a defect')));
  const message = (world: World): Envelope => ({
    // What failed is remembered by the process, by id.
    ...world.envelope(partition, `m${randomUUID()}`),
    payload: JSON.stringify(world.changeSet([{ key: ada, attributes: {} }])),
  });
  const kinds = (world: World) => world.sent.map(({ queue, envelope }) => `${queue} ${envelope.kind}`);

  test('is given back four times, then refused, and what it would have told is read again', async () => {
    const world = new World();
    const envelope = message(world);
    for (let delivery = 1; delivery < 5; delivery += 1)
      await expect(failing(world, envelope)).rejects.toThrow('a defect');
    expect(kinds(world)).toEqual([]);
    await failing(world, envelope);
    expect(kinds(world)).toEqual(['poison poison', `agent-commands-${connector} refresh`]);
    expect(world.sent[1]?.envelope.payload).toContain(ada);
    // Refused means forgotten: should an operator send it again, it has five deliveries again.
    await expect(failing(world, envelope)).rejects.toThrow('a defect');
  });

  test('pauses twice as long each time, since given back means delivered again at once', async () => {
    const world = new World();
    const envelope = message(world);
    const pauses: number[] = [];
    for (let delivery = 1; delivery < 5; delivery += 1) {
      const before = world.now;
      await expect(failing(world, envelope)).rejects.toThrow('a defect');
      pauses.push(world.now - before);
    }
    expect(pauses).toEqual([200, 400, 800, 1_600]);
  });

  test('is forgotten behind ten thousand others, so that what other instances took over does not pile up', async () => {
    const world = new World();
    const envelope = message(world);
    for (let delivery = 1; delivery < 5; delivery += 1)
      await expect(failing(world, envelope)).rejects.toThrow('a defect');
    for (let other = 0; other < 10_000; other += 1)
      await failing(world, world.envelope(partition, `o${other}`)).catch(() => undefined);
    await expect(failing(world, envelope)).rejects.toThrow('a defect');
    expect(kinds(world)).toEqual([]);
  }, 60_000);
});

test('objects that have grown large are recorded in halves, each once', async () => {
  const world = new World();
  const keys = Array.from({ length: 20 }, (_, index) => keyIn(partition, index));
  await world.fold(keys.map((key, index) => user(key, `n${index}`)));
  // They grow on the bulk lane while their creations are under way.
  const large = () => [randomBytes(150_000).toString('base64')];
  let hasGrown = false;
  world.intercept = async () => {
    if (hasGrown) return null;
    hasGrown = true;
    for (const key of keys) await world.fold([{ key, attributes: { comment: large() } }], { lane: 'bulk' });
    return null;
  };
  let records = 0;
  world.tables.after = (call) => {
    if (call.kind === 'transact' && call.writes.some(({ rowKey }) => rowKey.includes('|wake|'))) records += 1;
  };
  await world.turns(partition);
  expect(records).toBeGreaterThan(1);
  const creations = world.requests.filter(({ path }) => path === '/users');
  expect(creations).toHaveLength(20);
  for (const [index, key] of keys.entries())
    expect(await world.object(key)).toMatchObject({ attempt: null, link: { cloudId: `u-n${index}` } });
}, 60_000);

test('a plan that never comes to an end is looked at more and more rarely', async () => {
  const world = new World();
  const restores: number[] = [];
  // The name is taken by an object that is shown among the deleted ones, and cannot be restored.
  world.intercept = ({ id, method, path }) => {
    const request = { id, method, path };
    const found = (value: unknown[]) =>
      ({ id, ok: true, status: 200, body: { value }, requestId: null }) as const;
    if (method === 'GET') return found(path.includes('deletedItems') ? [{ id: 'u-ghost' }] : []);
    if (path.endsWith('/restore')) {
      restores.push(world.now);
      return refusal(request, {});
    }
    const conflict = { code: 'GRAPH_CONFLICT', status: 400, targets: ['onPremisesImmutableId'] } as const;
    return path === '/users' ? refusal(request, conflict) : null;
  };
  const begin = world.now;
  await world.fold([user(ada, 'ada')]);
  await world.turns(partition, world.pipeline, 30);
  expect(world.now - begin).toBeGreaterThan(10 * 60_000);
  const gaps = restores.slice(1).map((time, index) => time - (restores[index] ?? 0));
  expect(gaps.length).toBeGreaterThan(8);
  expect(gaps[0]).toBeLessThan(5_000);
  expect(gaps.slice(-4).every((gap) => gap >= 60_000)).toBe(true);
}, 60_000);
