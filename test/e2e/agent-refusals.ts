import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';
import { AgentLab, journeyNeeds } from './agent-lab.ts';

/** What an agent says and how it ends when it is not let in. */
export function describeAgentRefusals(
  name: string,
  makeFixture: () => Promise<DirectoryFixture>,
  options: { readonly unavailable?: string | undefined } = {},
): void {
  describe(`${name}: an agent that cannot begin`, () => {
    let fixture: DirectoryFixture;
    let lab: AgentLab;
    const started: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      if (options.unavailable !== undefined) return;
      fixture = await makeFixture();
      started.push(() => fixture.stop());
      lab = await AgentLab.start();
      started.push(() => lab.stop());
    }, 120_000);
    afterAll(async () => {
      for (const release of started.reverse()) await release();
    });
    const refusal = (title: string, run: () => Promise<void>): void => {
      it(title, async (context: TestContext) => {
        if (options.unavailable !== undefined) context.skip(options.unavailable);
        await run();
      });
    };

    refusal('stops with 3 on a wrong password, says why, and does not try again', async () => {
      const agent = lab.startAgent(fixture, { password: 'wrong' });
      expect(await agent.exited).toBe(3);
      expect(agent.stderr).toMatch(
        /^LDAP_BIND_REFUSED: the domain controller refused the bind: user name or password is wrong\n/,
      );
      expect(agent.stderr).toContain('does not try again');
      expect(agent.lastWords()).not.toContain('"wrong"');
      const problem = await lab.until('problem', () => lab.bodies('problem')[0]);
      expect(problem.code).toBe('LDAP_BIND_REFUSED');
    });

    refusal('stops with 3 on a certificate that it does not trust', async () => {
      const agent = lab.startAgent(fixture, { ca: null });
      expect(await agent.exited).toBe(3);
      expect(agent.stderr).toMatch(
        /^LDAP_CERTIFICATE: the certificate of 127\.0\.0\.\d+(:\d+)? is not trusted: /,
      );
    });

    refusal('stops with 3 on an untrusted certificate behind StartTLS', async () => {
      const agent = lab.startAgent(fixture, { ca: null, mode: 'starttls' });
      expect(await agent.exited).toBe(3);
      expect(agent.stderr).toMatch(/^LDAP_CERTIFICATE: /);
    });

    refusal('waits without a configuration, over StartTLS, and stops cleanly', async () => {
      const agent = lab.startAgent(fixture, { mode: 'starttls' });
      await agent.untilSaid('waiting for "configure"');
      expect(await agent.stop()).toBe(0);
    });

    refusal('works for an account that may only read, deletions included', async () => {
      const account = await fixture.createDelegatedAccount('svc-relay');
      await fixture.grantDeletedObjectsRead('svc-relay');
      const agent = lab.startAgent(fixture, { user: account.user, password: account.password });
      await lab.command('configure', journeyNeeds);
      await lab.until('import', () => lab.bodies('import-complete')[0]);
      expect(lab.changes.some(({ attributes }) => 'sAMAccountName' in attributes)).toBe(true);
      expect(await agent.stop()).toBe(0);
      expect(lab.faults).toEqual([]);
    });
  });
}
