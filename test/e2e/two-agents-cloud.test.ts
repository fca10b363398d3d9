import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud as GraphView } from '../../local/demo/cloud.ts';
import { DirectoryClient } from '../../local/demo/directory-client.ts';
import { expectedPicture } from '../../local/demo/expectation.ts';
import { compare } from '../../local/demo/picture.ts';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import { openDirectoryWorld } from '../contract/support/directory/directory-world.ts';
import { AgentProcess } from './support/agent-process.ts';
import { eventually, startCloud, type Cloud } from './support/cloud.ts';
import { controlDirectory } from './support/control-directory.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { makeAgentKey } from './support/make-agent-key.ts';
import { rulesWith } from './support/scene.ts';

const patienceMs = 300_000;
const people = 40;

/** Directory, two agents, host and Graph, with the locks that are in force everywhere. */
describe('two agents and the whole cloud', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dirbridge-two-agents-'));
  const started: (() => Promise<unknown>)[] = [];
  let cloud: Cloud;
  let running: RunningDirectory;
  let admin: DirectoryClient;
  let openAdmin: () => Promise<DirectoryClient>;
  let first: AgentProcess;
  let second: AgentProcess;
  let dns: readonly string[] = [];

  /** Each with a key of its own: a key is trusted for one agent. */
  const startAgent = async (name: string): Promise<AgentProcess> => {
    const own = join(folder, name);
    mkdirSync(own);
    const { keyId } = await makeAgentKey(own);
    const lab = { folder: own, connectionString: cloud.busConnection };
    const agent = new AgentProcess(lab, embeddedFixture(running), { name });
    started.push(() => agent.kill());
    await eventually('the agent is trusted', async () => {
      const answer = await cloud.operator('trust-agent', { connector: 'corp', keyId, trust: true });
      return answer.status === 202;
    });
    return agent;
  };
  beforeAll(async () => {
    [cloud, running] = await Promise.all([
      startCloud(),
      startDirectory({ domain: 'contoso.com', generate: people }),
    ]);
    started.push(
      () => cloud.stop(),
      () => running.stop(),
    );
    const caFile = join(folder, 'directory.pem');
    writeFileSync(caFile, running.ca);
    const { ldaps, servername, baseDn } = running;
    const account = { ...running.admin, dn: '' };
    const facts = { kind: 'embedded' as const, ldaps, servername, caFile, baseDn, log: null };
    openAdmin = () => DirectoryClient.open({ ...facts, admin: account, account });
    admin = await openAdmin();
    started.push(() => admin.close());
    dns = (await admin.readAll(`OU=Generated,${baseDn}`)).map(({ dn }) => dn);
    const world = await openDirectoryWorld(embeddedFixture(running));
    for (let at = 0; at < 4; at += 1) await world.addGroup({ member: dns.slice(at * 5, at * 5 + 20) });
    await world.close();
    const rules = { files: [{ name: 'rules.yaml', text: rulesWith() }] };
    expect((await cloud.operator('publish-rules', rules)).status).toBe(202);
    first = await startAgent('relay-first');
    await equal();
  }, patienceMs);
  afterAll(async () => {
    for (const stop of started.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }, patienceMs);

  const differences = async () => {
    const [entries, { picture }] = await Promise.all([
      admin.readAll(running.baseDn),
      new GraphView(cloud.graphUrl).state(),
    ]);
    return compare(expectedPicture(entries), picture).differences;
  };
  const equal = async (): Promise<void> => {
    let last: Awaited<ReturnType<typeof differences>> = [];
    await eventually(
      'both sides are equal',
      async () => (last = await differences()).length === 0,
      200_000,
    ).catch((error: unknown) => {
      throw new Error(JSON.stringify(last.slice(0, 5)), { cause: error });
    });
  };
  const titles = async (some: readonly string[], title: string): Promise<void> => {
    for (const dn of some) await admin.replace(dn, { title: [title] });
  };
  const lastSeq = async (): Promise<number> => (await cloud.graphLog()).at(-1)?.seq ?? 0;
  const effective = async (since: number) =>
    (await cloud.graphLog()).filter((entry) => entry.seq > since && entry.effective);
  /** Nothing is on its way any more. */
  const quiet = () =>
    eventually(
      'all queues are empty',
      async () => {
        const answer = await fetch(`${cloud.busAdmin}/queues`);
        const queues = (await answer.json()) as Record<string, { active: number }>;
        return ['changes', 'changes-bulk', 'agent-commands-corp'].every((name) => queues[name]?.active === 0);
      },
      100_000,
    );

  it(
    'a leader that is stopped, superseded and wakes writes nothing twice and nothing back',
    { timeout: patienceMs },
    async () => {
      second = await startAgent('relay-second');
      await second.untilSaid('standby');
      const since = await lastSeq();
      await titles(dns.slice(0, 10), 'One');
      first.process.kill('SIGSTOP');
      await titles(dns.slice(10), 'One');
      await titles(dns.slice(0, 20), 'Two');
      await second.untilSaid('leading');
      await titles(dns.slice(15, 30), 'Three');
      first.process.kill('SIGCONT');
      await first.untilSaid('leadership was lost');
      await titles(dns.slice(25), 'Four');
      await equal();
      await quiet();
      expect(await differences()).toEqual([]);
      const writes = await effective(since);
      expect(new Set(writes.flatMap(({ bodyKeys }) => bodyKeys))).toEqual(new Set(['jobTitle']));
      // A title that went back and forth would need more writes than it was changed.
      const { ids } = await new GraphView(cloud.graphUrl).state();
      const byObject = Map.groupBy(writes, ({ objectId }) => objectId);
      const entries = await admin.readAll(`OU=Generated,${running.baseDn}`);
      for (const [at, dn] of dns.entries()) {
        const entry = entries.find((one) => one.dn === dn);
        const anchor = (entry?.['objectGUID'] as Buffer).toString('base64');
        const changes = [true, at < 20, at >= 15 && at < 30, at >= 25].filter(Boolean).length;
        expect(byObject.get(ids.get(anchor) ?? '')?.length ?? 0, dn).toBeLessThanOrEqual(changes);
      }
      expect(second.said('import')).toBeUndefined();
    },
  );

  it(
    'a database that was restored is read again, and nothing is written, disabled or deleted because of it',
    { timeout: patienceMs },
    async () => {
      const since = await lastSeq();
      for (const path of ['/invocation-id', '/disconnect']) await controlDirectory(running, 'POST', path);
      await admin.close();
      admin = await openAdmin();
      expect(await second.untilSaid('dc1.contoso.com went back in time')).toMatchObject({
        code: 'USN_ROLLBACK',
      });
      await second.untilSaid('import complete');
      await quiet();
      const [dn = ''] = dns;
      await titles([dn], 'Five');
      await equal();
      await quiet();
      const writes = await effective(since);
      expect(writes.map(({ method, bodyKeys }) => [method, bodyKeys])).toEqual([['PATCH', ['jobTitle']]]);
      expect(await differences()).toEqual([]);
    },
  );
});
