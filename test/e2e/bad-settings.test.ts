import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorCodes } from '../../shared/errors/error-codes.ts';
import { logLines } from './support/app-log.ts';
import { eventually } from './support/cloud.ts';
import { keyOf, userRead } from './support/relay.ts';
import { startScene, type Scene } from './support/scene.ts';

/** Wrong settings: all named at once, no secret repeated, the host stays up, and no message is lost over them. */
let scene: Scene;
const secret = 'AccountKee=hunter2hunter2';

const wrong: Readonly<Record<string, string>> = {
  DIRBRIDGE_TENANT_ID: '',
  DIRBRIDGE_CLIENT_ID: 'not-a-guid',
  DIRBRIDGE_STATE: secret,
  DIRBRIDGE_TABLE_PREFIX: '1st',
  DIRBRIDGE_GRAPH_URL: 'http://graph.example.com',
  DIRBRIDGE_GRAPH_CREDENTIAL: 'password',
  DIRBRIDGE_GRAPH_WRITES_PER_150S: 'many',
  DIRBRIDGE_MODE: 'ful',
  DIRBRIDGE_JOURNAL_DAYS: '-1',
  DIRBRIDGE_LOG_LEVEL: 'loud',
  DIRBRIDGE_OPERATOR_ISSUER: 'nowhere',
  DIRBRIDGE_OPERATOR_AUDIENCE: '',
  DIRBRIDGE_X: '1',
};

beforeAll(async () => {
  scene = await startScene();
  await scene.relay.changes([userRead('ann')]);
  await eventually('ann is created', () => scene.user('ann'));
}, 90_000);
afterAll(async () => scene.stop());

const hostStatus = async () => (await fetch(`${scene.cloud.hostUrl}/admin/host/status`)).status;
const queues = async () =>
  (await (await fetch(`${scene.cloud.busAdmin}/queues`)).json()) as Record<
    string,
    { active: number; deadLetter: number; received: number }
  >;

describe('wrong settings', () => {
  test('each is named, the host stays up, and what came meanwhile is handled once they are right', async () => {
    const from = scene.cloud.hostLog.length;
    await scene.cloud.restartHost(wrong);
    const logged = () => scene.cloud.hostLog.slice(from).join('\n');
    await scene.relay.changes([{ key: keyOf('ann'), attributes: { title: ['Patient'] } }]);

    const line = await eventually('the log says so', () =>
      Promise.resolve(
        logLines({ hostLog: scene.cloud.hostLog.slice(from) }).find(
          (one) => one['code'] === 'CONFIG_INVALID',
        ),
      ),
    );
    expect(line).toMatchObject({ level: 'error', action: errorCodes.CONFIG_INVALID.action });
    for (const name of Object.keys(wrong)) expect(String(line['message'])).toContain(`- ${name} `);
    await eventually('the sweep fails and says why', () =>
      Promise.resolve(logged().includes('DIRBRIDGE_X is not a setting of Dirbridge')),
    );
    expect(logged()).not.toContain('hunter2');

    const operator = await fetch(`${scene.cloud.hostUrl}/api/operator/approve`, {
      method: 'POST',
      body: '{}',
    });
    expect(operator.status).toBe(503);
    expect(await operator.json()).toEqual({
      code: 'CONFIG_INVALID',
      message: 'the function app is not configured',
    });
    expect(await hostStatus()).toBe(200);
    // Taken once and kept: given back, it would come again at once, and after a hundred times be dropped.
    const before = (await queues())['changes'];
    expect(before).toMatchObject({ active: 1, deadLetter: 0 });
    const times = (text: string) => logged().split(text).length - 1;
    await eventually('three sweeps have failed', () =>
      Promise.resolve(times("Executed 'Functions.sweep' (Failed") >= 3),
    );
    expect(times('messages wait until')).toBeLessThan(4);

    await scene.cloud.restartHost();
    await eventually(
      'the change arrives',
      async () => (await scene.user('ann'))?.['jobTitle'] === 'Patient',
      60_000,
    );
    const after = (await queues())['changes'];
    expect(after?.deadLetter).toBe(0);
    expect((after?.received ?? 0) - (before?.received ?? 0)).toBeLessThan(10);
  });

  test('a function whose own setting is missing does not start, and the others run', async () => {
    const from = scene.cloud.hostLog.length;
    await scene.cloud.restartHost({ DIRBRIDGE_SWEEP_SCHEDULE: '' });
    await eventually('the host names it', () =>
      Promise.resolve(
        scene.cloud.hostLog
          .slice(from)
          .find((line) => line.includes('sweep') && line.includes('DIRBRIDGE_SWEEP_SCHEDULE')),
      ),
    );
    await scene.relay.changes([{ key: keyOf('ann'), attributes: { title: ['Without sweep'] } }]);
    await eventually(
      'a change arrives',
      async () => (await scene.user('ann'))?.['jobTitle'] === 'Without sweep',
    );
  });

  test('without a bus the queue functions do not start, and the host says which setting is missing', async () => {
    const from = scene.cloud.hostLog.length;
    await scene.cloud.restartHost({ DIRBRIDGE_BUS: '' });
    await eventually('the host names it', () =>
      Promise.resolve(
        scene.cloud.hostLog
          .slice(from)
          .find((line) => line.includes('changes') && line.includes('DIRBRIDGE_BUS')),
      ),
    );
    expect(await hostStatus()).toBe(200);
  });
});
