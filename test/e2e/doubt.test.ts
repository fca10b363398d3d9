import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { commandContext } from '../../cli/command-context.ts';
import { showStatus } from '../../cli/commands/status.ts';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import { tableStorage } from '../../shared/adapters/table-storage/table-storage.ts';
import { guidTextFromKey } from '../../shared/model/guid.ts';
import type { Hold } from '../../shared/guard/hold.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';
import {
  openDirectoryWorld,
  type CreatedObject,
  type DirectoryWorld,
  type Values,
} from '../contract/support/directory/directory-world.ts';
import { fakeIo } from '../unit/cli/fake-io.ts';
import { AgentProcess } from './support/agent-process.ts';
import { eventually, startCloud, type Cloud } from './support/cloud.ts';
import { controlDirectory } from './support/control-directory.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { keyOf } from './support/key-of.ts';
import { makeAgentKey } from './support/make-agent-key.ts';
import { rulesWith } from './support/scene.ts';

/**
 * Two embedded directories stand for two domain controllers of one domain: the second has the same people as the first
 * had them some time ago, and no vector that would tell so. When the first does not answer, the second is read in doubt.
 */
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });
const waitMs = 240_000;

type World = Awaited<ReturnType<typeof openDirectoryWorld>>;
interface CloudUser {
  readonly displayName: string;
  readonly jobTitle: string | null;
  readonly accountEnabled: boolean;
}

const adminPassword = 'Both-know-it-1';
const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-doubt-'));
let first: RunningDirectory;
let second: RunningDirectory;
let worlds: World[];
let cloud: Cloud;
let tables: TableStore;
let agent: AgentProcess;
let ann: CreatedObject;
let oldCid: CreatedObject;

/** The same person in both, as each knows him. */
async function person(name: string, now: Values, before: Values): Promise<[CreatedObject, CreatedObject]> {
  const common = {
    displayName: name,
    sAMAccountName: name.toLowerCase(),
    title: 'Clerk',
    userAccountControl: '512',
  };
  const [one, other] = worlds as [World, World];
  const made = await one.addUser({ ...common, ...now });
  const copy = await other.addUser({ ...common, ...before });
  sameGuid(copy, made);
  return [made, copy];
}

/** Replication keeps the GUID of an object; the embedded directory knows no replication. */
function sameGuid(copy: CreatedObject, made: CreatedObject): void {
  const { store } = second.directory;
  const found = store.find(copy.dn);
  if (found === undefined || found === 'malformed') throw new Error(`${copy.dn} is not there`);
  Object.assign(found, { guid: guidTextFromKey(keyOf(made)) });
  store.insert(found);
}

async function group(world: DirectoryWorld, members: readonly CreatedObject[]): Promise<CreatedObject> {
  return world.addGroup({
    displayName: 'Staff',
    sAMAccountName: 'staff',
    member: members.map(({ dn }) => dn),
  });
}

function startAgent(): AgentProcess {
  const place = { folder, connectionString: cloud.busConnection };
  return new AgentProcess(place, embeddedFixture(first), {
    name: 'relay-1',
    urls: [first.ldaps, second.ldaps],
    ca: `${first.ca}\n${second.ca}`,
    patience: 'PT2S',
    requestTimeout: 'PT5S',
  });
}

const users = async () => (await cloud.graphObjects())['users'] as CloudUser[];
const user = async (name: string) => (await users()).find(({ displayName }) => displayName === name);
const staff = async (): Promise<number> => {
  const groups = (await cloud.graphObjects())['groups'] as { displayName: string; members: string[] }[];
  return groups.find(({ displayName }) => displayName === 'Staff')?.members.length ?? 0;
};
const standing = async () =>
  Object.fromEntries(
    (await users()).map(({ displayName, jobTitle, accountEnabled }) => [
      displayName,
      { jobTitle, accountEnabled },
    ]),
  );
const holds = async (): Promise<Hold[]> =>
  (await tables.range('Holds', 'corp', { from: '0', to: 'g' })).map(({ data }) => data as Hold);
const openHolds = async (): Promise<string[]> =>
  (await holds())
    .filter(({ status }) => status === 'held')
    .map(({ operation, cause }) => `${operation} ${cause}`)
    .sort();
const until = <T>(what: string, probe: () => Promise<T | null | undefined | false>): Promise<T> =>
  eventually(what, probe, waitMs).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : ''}\n${agent.lastWords()}`, { cause: error });
  });
const isHeld = async (...wanted: string[]) => JSON.stringify(await openHolds()) === JSON.stringify(wanted);

/** What stands now; the last report of an agent stays in the document though it is over. */
async function findings(): Promise<string> {
  const context = commandContext({ ...fakeIo(), now: () => Date.now() });
  const { data } = await showStatus({ ...context, tables: () => tables }, {});
  return JSON.stringify((data as { readonly findings: unknown }).findings);
}

let before: Record<string, unknown>;

beforeAll(async () => {
  [first, second, cloud] = await Promise.all([
    startDirectory({ adminPassword }),
    startDirectory({ adminPassword }),
    startCloud({ settings: { DIRBRIDGE_SWEEP_SCHEDULE: '*/10 * * * * *' } }),
  ]);
  // The embedded directory has one name only, and the same name with another database means a restore.
  const { store } = second.directory;
  Object.defineProperty(store, 'settingsDn', { value: store.settingsDn });
  Object.assign(store.names, { hostName: 'dc2.corp.example' });
  tables = tableStorage({
    connection: { kind: 'connection-string', connectionString: cloud.tablesConnection },
    prefix: 'Dirbridge',
  });
  worlds = [
    await openDirectoryWorld(embeddedFixture(first)),
    await openDirectoryWorld(embeddedFixture(second)),
  ];
  const [one, other] = worlds as [World, World];
  let oldAnn: CreatedObject;
  // Titled since, enabled since, renamed in its title since, disabled since.
  [ann, oldAnn] = await person('Ann', { title: 'Chief' }, { title: [] });
  const [bob, oldBob] = await person('Bob', {}, { userAccountControl: '514' });
  [, oldCid] = await person('Cid', { title: 'Newer' }, { title: 'Older' });
  await person('Eve', { userAccountControl: '514' }, {});
  sameGuid(await group(other, [oldBob]), await group(one, [ann, bob]));
  expect(keyOf(oldAnn)).not.toBe(keyOf(ann));
  const { keyId } = await makeAgentKey(folder);
  agent = startAgent();
  const published = await cloud.operator('publish-rules', {
    files: [{ name: 'rules.yaml', text: rulesWith() }],
  });
  expect(published.status).toBe(202);
  await until(
    'the agent is trusted',
    async () =>
      (await cloud.operator('trust-agent', { connector: 'corp', keyId, trust: true })).status === 202,
  );
  await until('all are in the cloud', async () => (await staff()) === 2 && (await users()).length >= 4);
  await until('all is settled', async () => (await user('Cid'))?.jobTitle === 'Newer');
  before = await standing();
});

afterAll(async () => {
  await agent.kill();
  await Promise.all(worlds.map((world) => world.close().catch(() => undefined)));
  await Promise.all([cloud.stop(), first.stop(), second.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('a domain controller of which it cannot be told whether it lags', () => {
  const heldAtFirst = ['disable doubt', 'enable doubt', 'remove-member doubt', 'update doubt'];

  test('is read after patience: what creates and updates goes on, what destroys is held and named', async () => {
    await controlDirectory(first, 'POST', '/faults', { drop: true });
    const [, other] = worlds as [World, World];
    await other.addUser({ displayName: 'Dan', sAMAccountName: 'dan', userAccountControl: '512' });
    expect((await agent.untilSaid('waiting was in vain'))['code']).toBe('LDAP_BEHIND');
    await until('the new one is there', () => user('Dan'));
    await until('an older value is there', async () => (await user('Cid'))?.jobTitle === 'Older');
    await until('the others are held', () => isHeld(...heldAtFirst));
    const { Dan: _dan, ...others } = await standing();
    expect(others).toEqual({ ...before, Cid: { jobTitle: 'Older', accountEnabled: true } });
    expect(await staff()).toBe(2);
    const shown = await findings();
    expect(shown).toContain(
      '4 operations held: read from a domain controller that may lack what was told before',
    );
    await until('status names the doubt', async () =>
      (await findings()).includes('LDAP_BEHIND: waiting was in vain'),
    );
  });

  test('an agent that is started anew goes on with it at once, in doubt still', async () => {
    await agent.kill();
    agent = startAgent();
    await agent.untilSaid('capturing');
    const [, other] = worlds as [World, World];
    await other.modify(oldCid.dn, 'replace', 'userAccountControl', ['514']);
    await until('what is changed there is held too', () => isHeld('disable doubt', ...heldAtFirst));
    expect((await user('Cid'))?.accountEnabled).toBe(true);
    expect(agent.said('the directory is away')).toBeUndefined();
  });

  test('when the one it knew is back, all is read without doubt, and what was held closes by itself', async () => {
    await controlDirectory(first, 'DELETE', '/faults');
    await agent.untilSaid('the directory is read without doubt again');
    await until('nothing is held', async () => (await openHolds()).length === 0);
    await until('the newer value is back', async () => (await user('Cid'))?.jobTitle === 'Newer');
    const { Dan: _dan, ...others } = await standing();
    expect(others).toEqual(before);
    expect(await staff()).toBe(2);
    expect(new Set((await holds()).map(({ status }) => status))).toEqual(new Set(['overtaken']));
    await until(
      'status does not name it any more',
      async () => !(await findings()).includes('waiting was in vain'),
    );
    // And what is certain is done.
    const [one] = worlds as [World];
    await one.modify(ann.dn, 'replace', 'userAccountControl', ['514']);
    await until('she is disabled', async () => (await user('Ann'))?.accountEnabled === false);
  });
});
