import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/cloud.ts';
import { userRead } from './support/relay.ts';
import { startScene, type Scene } from './support/scene.ts';

/** What is deployed, alone in an empty folder: nothing beside it may be needed. */
const built = path.resolve(import.meta.dirname, '../../dist/app');
const deployed = ['host.json', 'identity.cjs', 'index.cjs', 'package.json'];
let folder: string;
let scene: Scene;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dirbridge-app-'));
  for (const name of deployed) await cp(path.join(built, name), path.join(folder, name));
  scene = await startScene({ app: folder });
}, 90_000);
afterAll(async () => {
  await scene.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the built app', () => {
  test('is one bundle, with what identifies it apart, and host.json and package.json', async () => {
    const files = (await readdir(built)).filter((name) => !name.endsWith('.map'));
    expect(files.toSorted()).toEqual(deployed);
  });

  test('registers every function', async () => {
    const answer = await fetch(`${scene.cloud.hostUrl}/admin/functions`);
    const functions = (await answer.json()) as { name: string }[];
    expect(functions.map(({ name }) => name).toSorted()).toEqual([
      'agent-reports',
      'changes',
      'changes-bulk',
      'operator',
      'sweep',
    ]);
    expect(scene.cloud.children.find(({ name }) => name === 'host')?.ready).toMatchObject({
      failed: [],
      disabled: [],
    });
  });

  test('refuses an operator without a token', async () => {
    const answer = await fetch(`${scene.cloud.hostUrl}/api/operator/approve`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'OPERATOR_UNAUTHORIZED' });
  });

  test('brings a message from the bus to Graph', async () => {
    await scene.relay.changes([userRead('packed')]);
    expect(await eventually('packed is created', () => scene.user('packed'))).toMatchObject({
      displayName: 'User packed',
    });
  });
});
