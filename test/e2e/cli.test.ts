import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, startCloud, type Cloud } from './support/cloud.ts';
import { defaultRules, keyOf, Relay, userRead } from './support/relay.ts';

/** The command as it is installed, against the real function app in its host, real tables and signed messages. */
const binary = path.resolve(import.meta.dirname, '../../bin/dirbridge.mjs');
const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-cli-'));
const rulesFile = path.join(folder, 'rules.yaml');
const envFile = path.join(folder, 'dev.env');
/** Two deletions a day: the third of a day is held. */
const strictRules = defaultRules
  .replaceAll(/delete: \{ max: \d+, percent: \d+/g, 'delete: { max: 2, percent: 100')
  .replace(/deleted: \{ action: disable, deleteAfter: P30D \}/, 'deleted: { action: delete }');

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** No variable of this process reaches the command, so that what it uses is what the file says. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binary, ...args], {
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
const dirbridge = (...args: readonly string[]) => run([...args, '--env-file', envFile]);

/** The one JSON document of a run that has to succeed. */
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await dirbridge(...args, '--json');
  expect(stderr + stdout, args.join(' ')).not.toContain('"error"');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

let cloud: Cloud;
let relay: Relay;

beforeAll(async () => {
  cloud = await startCloud();
  relay = new Relay(cloud.bus);
  writeFileSync(rulesFile, strictRules);
  const values: Readonly<Record<string, string>> = {
    ...cloud.environment,
    DIRBRIDGE_OPERATOR_URL: cloud.hostUrl,
  };
  writeFileSync(
    envFile,
    Object.entries(values)
      .map(([name, value]) => `${name}="${value}"\n`)
      .join(''),
  );
}, 60_000);

afterAll(async () => {
  await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
});

const names = ['ada', 'bob', 'cyd', 'dan', 'eve'];
interface ShownHold {
  readonly hash: string;
  readonly operation: string;
  readonly status: string;
  readonly cause: string;
  readonly object: { readonly displayName: string; readonly account: string; readonly dn: string };
}
const holds = async (...args: string[]) => (await json('holds', 'list', ...args))['holds'] as ShownHold[];
const cloudUsers = async () =>
  ((await cloud.graphObjects())['users'] as Record<string, unknown>[])
    .map((user) => String(user['userPrincipalName']))
    .sort();

describe('from an empty deployment to a decided deletion', () => {
  test('an empty deployment says what to do first', async () => {
    const status = await dirbridge('status');
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/^rules\s+none published\nagents\s+none has introduced itself\n$/);
    expect(status.stderr).toContain('dirbridge rules publish');
    expect((await dirbridge('holds', 'list')).stdout).toBe('nothing is held\n');
  });

  test('wrong rules are refused here, with file, line and column, and nothing is published', async () => {
    const wrong = path.join(folder, 'wrong.yaml');
    writeFileSync(wrong, strictRules.replace('Coalesce([displayName]', 'Coalesc([displayName]'));
    const published = await dirbridge('rules', 'publish', wrong);
    expect(published.code).toBe(1);
    expect(published.stdout).toMatch(/wrong\.yaml:\d+:\d+ {2}.*Coalesc/);
    expect((await json('status'))['rules']).toBeNull();
  });

  test('rules are published, and again without a new revision', async () => {
    const published = await dirbridge('rules', 'publish', rulesFile);
    expect(published.stderr).toContain('dirbridge status');
    expect(published.stdout).toMatch(/^revision 1 is in force \(hash [0-9a-f]{12}\)\n$/);
    expect(await json('rules', 'publish', rulesFile)).toMatchObject({ revision: 1 });
    expect((await json('status'))['rules']).toMatchObject({ revision: 1 });
  });

  test('a key is trusted only once it is there, and only when somebody says so', async () => {
    const nobody = await dirbridge('agents', 'trust', '--yes');
    expect(nobody).toMatchObject({ code: 1 });
    expect(nobody.stderr).toContain('no agent waits to be trusted');
    const waiting = dirbridge('agents', 'trust', '--yes', '--wait', '60');
    await relay.hello();
    const trusted = await waiting;
    expect(trusted).toMatchObject({
      code: 0,
      stdout: `trusted: relay-1 (${relay.keyId}) for connector corp\n`,
    });
    expect(trusted.stderr).toContain('fingerprint  SHA256:');
    expect(await json('agents', 'trust', '--key', relay.keyId)).toMatchObject({ changed: false });
  });

  test('a second key waits until it is confirmed', async () => {
    const other = new Relay(cloud.bus);
    await other.hello();
    await eventually('the key is known', async () =>
      (await dirbridge('agents', 'list')).stdout.includes(other.keyId),
    );
    const asked = await dirbridge('agents', 'trust');
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toContain('--yes');
    expect(await json('agents', 'revoke', '--key', other.keyId, '--yes')).toMatchObject({
      status: 'revoked',
    });
    const { agents } = await json('agents', 'list');
    expect(agents).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ keyId: relay.keyId, status: 'trusted', isGenuine: true }),
        expect.objectContaining({ keyId: other.keyId, status: 'revoked' }),
      ]),
    );
  });

  test('keys that wait are forgotten together, and a trusted one is not among them', async () => {
    const others = [new Relay(cloud.bus), new Relay(cloud.bus)];
    for (const other of others) await other.hello();
    await eventually('both keys are known', async () => {
      const { stdout } = await dirbridge('agents', 'list');
      return others.every(({ keyId }) => stdout.includes(keyId));
    });
    expect((await dirbridge('status')).stdout).toContain('waits to be trusted');
    const unasked = await dirbridge('agents', 'revoke', '--pending');
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    const { forgotten } = await json('agents', 'revoke', '--pending', '--yes');
    expect(forgotten).toEqual(others.map(({ keyId }) => keyId).toSorted());
    const { stdout } = await dirbridge('agents', 'list');
    expect(stdout).toContain(relay.keyId);
    for (const { keyId } of others) expect(stdout).not.toContain(keyId);
  });

  test('what agents say of themselves is shown', async () => {
    const heartbeat = {
      state: 'leader',
      revision: 1,
      watermarks: [
        { namingContext: 'DC=corp,DC=example', server: 'dc1', usn: '4711', at: new Date().toISOString() },
      ],
      import: { id: 'i1', sent: 1200, total: 4000 },
      captured: { objects: 3, messages: 1 },
    };
    await relay.send('agent-reports', relay.envelope('heartbeat', null, heartbeat));
    await relay.send(
      'agent-reports',
      relay.envelope('problem', null, { code: 'LDAP_TIMEOUT', message: 'dc2 is slow' }),
    );
    const text = await eventually('heartbeat and problem are stored', async () => {
      const { stdout } = await dirbridge('status');
      return stdout.includes('LDAP_TIMEOUT') && stdout.includes('leader') ? stdout : null;
    });
    expect(text).toMatch(/import +i1: 1,200 of 4,000 objects sent/);
    expect(text).toMatch(/reads +DC=corp,DC=example of dc1: last stored at USN 4711/);
    expect(text).toContain('LDAP_TIMEOUT dc2 is slow');
  });

  test('what was written stands in the journal, value by value', async () => {
    await relay.changes(names.map((name) => userRead(name, { title: ['Clerk'] })));
    await eventually('all users are there', async () => (await cloudUsers()).length === names.length);
    const text = await eventually('the journal has them', async () => {
      const { stdout } = await dirbridge('journal', '--since', '10m', '--key', keyOf('ada'));
      return stdout.includes('create user') ? stdout : null;
    });
    expect(text).toContain('User ada <ada@contoso.com>');
    expect(text).toContain('+ jobTitle "Clerk"');
    expect(text).not.toContain('bob');
    expect(await json('journal', '--since', '10m', '--failures')).toMatchObject({ entries: [], total: 0 });
    await eventually('nothing is left to do', async () => {
      const { connectors } = await json('status');
      const [corp] = connectors as {
        linked: Record<string, number>;
        due: number;
        behind: string[];
        later: number;
      }[];
      return corp?.due === 0 && corp.linked['users'] === names.length && corp.behind.length === 0;
    });
  });

  test('other rules are planned, carried out as planned, and explained', async () => {
    const newRules = path.join(folder, 'new.yaml');
    const [planFile, stalePlan] = [path.join(folder, 'plan.json'), path.join(folder, 'stale.json')];
    writeFileSync(newRules, strictRules.replace("jobTitle: '[title]'", "jobTitle: 'ToUpper([title],)'"));
    const planned = await dirbridge('plan', '--rules', newRules, '--out', planFile);
    expect(planned).toMatchObject({ code: 0 });
    expect(planned.stdout).toContain('~ jobTitle "Clerk" -> "CLERK"');
    expect(await dirbridge('plan', '--rules', rulesFile, '--out', stalePlan)).toMatchObject({ code: 0 });
    const unasked = await dirbridge('apply', planFile);
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    expect(unasked.stderr).toContain('Publish these rules and carry out 5 operations?');
    const applied = await dirbridge('apply', planFile, '--yes');
    expect(applied.stderr + applied.stdout).toContain('carried out 5 of 5 operations');
    expect(applied.code).toBe(0);
    const explained = await dirbridge('explain', 'ada@contoso.com', 'jobTitle');
    expect(explained).toMatchObject({ code: 0 });
    expect(explained.stdout).toContain('"CLERK"');
    const refused = await dirbridge('apply', stalePlan, '--yes');
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain('the plan was made upon revision 1');
    const { operations } = (await json('plan', '--rules', newRules)) as { operations: unknown[] };
    expect(operations).toEqual([]);
  });

  test('deletions beyond the budget are listed with name and cause', async () => {
    await relay.changes(names.map((name) => ({ key: keyOf(name), deleted: true, attributes: {} })));
    const held = await eventually('three are held', async () => {
      const found = await holds();
      return found.length === 3 ? found : null;
    });
    expect(new Set(held.map((hold) => `${hold.operation} ${hold.cause} ${hold.status}`))).toEqual(
      new Set(['delete budget held']),
    );
    const remaining = await cloudUsers();
    expect(held.map((hold) => hold.object.account).sort()).toEqual(remaining);
    const list = await dirbridge('holds', 'list');
    expect(list.stdout).toMatch(/User \w+ <\w+@contoso\.com>.*2 of 2 spent/);
    expect(list.stderr).toContain('Held: 3 delete.');
    expect((await dirbridge('status')).stdout).toContain('3 operations held');
  });

  test('without a terminal nothing is approved unless --yes says so', async () => {
    const asked = await dirbridge('holds', 'approve', '--all');
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toContain('Approve 3 operations: 3 delete?');
    expect(await cloudUsers()).toHaveLength(3);
  });

  test('an approved deletion happens, a rejected one never, the rest goes on waiting', async () => {
    const [first, second, third] = await holds();
    const rejected = await dirbridge('holds', 'reject', second?.hash ?? '', '--yes');
    expect(rejected).toMatchObject({ code: 0, stdout: 'rejected: 1 delete\n' });
    const approved = await dirbridge('holds', 'approve', first?.hash ?? '', '--yes');
    expect(approved).toMatchObject({ code: 0, stdout: 'approved: 1 delete\n' });
    expect(approved.stderr).toContain('only if planning still comes to exactly this operation');
    const kept = [second, third].map((hold) => String(hold?.object.account)).sort();
    await eventually(
      'the approved user is gone',
      async () => JSON.stringify(await cloudUsers()) === JSON.stringify(kept),
    );
    await eventually(
      'the permit is spent',
      async () => (await holds('--all')).find((hold) => hold.hash === first?.hash)?.status === 'spent',
    );
    expect((await holds()).map((hold) => hold.hash)).toEqual([third?.hash]);
    const again = await dirbridge('holds', 'approve', first?.hash ?? '', '--yes');
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain('(spent)');
  });
});

describe('what goes wrong', () => {
  test('a token without the role is refused with the reason: exit 3', async () => {
    const noRole = path.join(folder, 'role.env');
    const restart = { DIRBRIDGE_OPERATOR_ROLE: 'Other.Role' };
    await cloud.restartHost(restart);
    const values = { ...cloud.environment, DIRBRIDGE_OPERATOR_URL: cloud.hostUrl };
    writeFileSync(
      noRole,
      Object.entries(values)
        .map(([name, value]) => `${name}="${value}"\n`)
        .join(''),
    );
    const refused = await run(['rules', 'publish', rulesFile, '--env-file', noRole]);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain('the token does not carry the app role Other.Role');
    const asJson = await run(['rules', 'publish', rulesFile, '--env-file', noRole, '--json']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ error: { code: 'OPERATOR_FORBIDDEN' } });
  });

  test('tables and function app that do not answer are told apart, with what to do', async () => {
    const { DIRBRIDGE_STATE: state = '' } = cloud.environment;
    const noTables = await run(['status'], {
      DIRBRIDGE_STATE: state.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:9'),
    });
    expect(noTables).toMatchObject({ code: 1, stdout: '' });
    expect(noTables.stderr).toContain('the state account did not answer');
    const noApp = await run(['rules', 'publish', rulesFile], {
      ...cloud.environment,
      DIRBRIDGE_OPERATOR_URL: 'http://127.0.0.1:9',
    });
    expect(noApp).toMatchObject({ code: 1, stdout: '' });
    expect(noApp.stderr).toContain('DIRBRIDGE_OPERATOR_URL');
  });

  test('settings of the environment do not mix with those of a file', async () => {
    const mixed = await run(['status', '--env-file', envFile], {
      DIRBRIDGE_STATE__tableServiceUri: 'https://other.table.core.windows.net',
    });
    expect(mixed.code, mixed.stderr).toBe(0);
  });
});
