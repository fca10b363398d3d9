import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorCodes, type ErrorCode } from '../../shared/errors/error-codes.ts';
import { logLines } from './support/app-log.ts';
import { eventually } from './support/cloud.ts';
import { keyOf, userRead } from './support/relay.ts';
import { startScene, type Scene } from './support/scene.ts';

/** What the app stands on goes away in the middle of work: everything arrives in the end, once with effect. */
let scene: Scene;
let people: readonly string[] = [];
let round = 0;
const stopped = new Set<number>();

beforeAll(async () => {
  scene = await startScene();
}, 90_000);
afterAll(async () => scene.stop());
beforeEach(() => {
  round += 1;
  people = Array.from({ length: 40 }, (_, index) => `r${round}u${index}`);
  scene.cloud.hostLog.length = 0;
});
afterEach(async () => {
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  stopped.clear();
  await fetch(`${scene.cloud.graphUrl}/_local/faults`, { method: 'DELETE' });
});

/** As a machine that hangs: connections stay open and nothing is answered. */
function freeze(name: string): { thaw(): void } {
  const child = scene.cloud.children.find((one) => one.name === name);
  if (child === undefined) throw new Error(`there is no process ${name}`);
  process.kill(child.pid, 'SIGSTOP');
  stopped.add(child.pid);
  return {
    thaw() {
      process.kill(child.pid, 'SIGCONT');
      stopped.delete(child.pid);
    },
  };
}
interface CloudUser {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly jobTitle?: string;
}
async function users(): Promise<readonly CloudUser[]> {
  const all = (await scene.cloud.graphObjects())['users'] as CloudUser[];
  return all.filter((user) => user.userPrincipalName.startsWith(`r${round}u`));
}
const created = async () => (await users()).length;
const said = (code: ErrorCode) =>
  eventually(
    `the log says ${code}`,
    () => Promise.resolve(logLines(scene.cloud).find((line) => line['code'] === code)),
    40_000,
  );

async function allArrivedOnce(): Promise<void> {
  await eventually('all are created', async () => (await created()) === people.length, 100_000);
  await scene.relay.changes(
    people.map((name) => ({ key: keyOf(name), attributes: { title: ['Afterwards'] } })),
  );
  await eventually(
    'all have their new title',
    async () => (await users()).every((user) => user.jobTitle === 'Afterwards'),
    100_000,
  );
  const answer = await fetch(`${scene.cloud.graphUrl}/_local/effects`);
  const { objects } = (await answer.json()) as {
    objects: Record<string, { properties: Record<string, number> }>;
  };
  for (const { id, userPrincipalName } of await users()) {
    const { created: made, ...others } = objects[id]?.properties ?? {};
    expect(made, userPrincipalName).toBe(1);
    expect(Object.entries(others).filter(([, count]) => count !== 1)).toEqual([]);
  }
  const queues = (await (await fetch(`${scene.cloud.busAdmin}/queues`)).json()) as Record<
    string,
    { deadLetter: number; active: number }
  >;
  expect(queues['poison']).toMatchObject({ active: 0 });
  expect(queues['changes']).toMatchObject({ deadLetter: 0 });
}

/** A first part of the import is through, the rest is under way. */
async function midway(): Promise<void> {
  await scene.relay.changes(people.map((name) => userRead(name)));
  await eventually('some are created', async () => (await created()) > 5);
}

describe('in the middle of an import', () => {
  // First, while the app has no token yet: one lasts an hour.
  test('the identity endpoint gives no token for a while', async () => {
    await scene.cloud.fault({ match: { path: '^/msi/token' }, times: null, action: { status: 500 } });
    await scene.relay.changes(people.map((name) => userRead(name)));
    await said('GRAPH_UNREACHABLE');
    await fetch(`${scene.cloud.graphUrl}/_local/faults`, { method: 'DELETE' });
    await allArrivedOnce();
  }, 240_000);

  test('the tables hang', async () => {
    await midway();
    const tables = freeze('tables');
    expect(await said('STATE_UNREACHABLE')).toMatchObject({ action: errorCodes.STATE_UNREACHABLE.action });
    tables.thaw();
    await allArrivedOnce();
  }, 240_000);

  test('the connections to the bus are cut, three times', async () => {
    await scene.relay.changes(people.map((name) => userRead(name)));
    for (const least of [0, 5, 15]) {
      await eventually('some more are created', async () => (await created()) > least, 60_000);
      await eventually('connections are cut', async () => {
        const answer = await fetch(`${scene.cloud.busAdmin}/connections`, { method: 'DELETE' });
        return ((await answer.json()) as { cut: number }).cut > 0;
      });
    }
    await allArrivedOnce();
  }, 240_000);

  test('Graph hangs', async () => {
    await midway();
    const graph = freeze('graph');
    expect(await said('GRAPH_UNREACHABLE')).toMatchObject({ action: errorCodes.GRAPH_UNREACHABLE.action });
    graph.thaw();
    await allArrivedOnce();
  }, 240_000);

  test('Graph refuses every connection for a while', async () => {
    await scene.cloud.fault({ match: { path: '^/v1.0/' }, times: null, action: { dropBeforeApply: true } });
    await scene.relay.changes(people.map((name) => userRead(name)));
    await said('GRAPH_UNREACHABLE');
    expect(await created()).toBe(0);
    await fetch(`${scene.cloud.graphUrl}/_local/faults`, { method: 'DELETE' });
    await allArrivedOnce();
  }, 240_000);
});
