import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { Client, type Entry } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startChild } from '../../local/children.ts';
import { sambaAvailability } from '../../local/samba/samba-availability.ts';
import { startSamba, type SambaDomain } from '../../local/samba/start-samba.ts';
import { describeDirectoryContract } from '../contract/directory.contract.ts';
import { dirSync, matchesNothing } from '../contract/support/directory/dir-sync.ts';
import { openEntryStream } from '../contract/support/directory/entry-stream.ts';
import type { Account } from '../contract/support/directory/fixture.ts';
import { sambaFixture } from './support/samba-fixture.ts';

const availability = sambaAvailability();
const unavailable = availability.available ? undefined : availability.cause;

describeDirectoryContract('Samba', async () => sambaFixture(await startSamba()), {
  unavailable,
  exceptions: {
    'DirSync: small answers come in several pages, each object once': 'Samba never pages a DirSync answer',
    'an unpaged search stops at 1,000 objects with result code 4': 'Samba sets no MaxPageSize',
    'a plain read of more than 1,500 members answers with the first range':
      'Samba does not limit the values of an answer',
  },
});

/** A process that nobody has reaped yet still has its folder in /proc, but no command line. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

describe('Samba fixture', () => {
  let started: SambaDomain | undefined;
  const open: Client[] = [];
  beforeAll(async () => {
    if (unavailable === undefined) started = await startSamba({ isPlainBindAllowed: true });
  });
  afterAll(async () => {
    for (const client of open) await client.unbind();
    await started?.stop();
  });

  const itOnSamba = (title: string, run: (domain: SambaDomain) => Promise<void>) =>
    it(title, async (context) => {
      if (unavailable !== undefined) context.skip(unavailable);
      if (started === undefined) throw new Error('the fixture did not start');
      await run(started);
    });
  const bind = async (url: string, { user, password }: Pick<Account, 'user' | 'password'>) => {
    const client = new Client({ url, timeout: 10_000, tlsOptions: url.startsWith('ldaps') ? tls() : {} });
    open.push(client);
    await client.bind(user, password);
    return client;
  };
  const tls = () => ({ ca: started?.ca ?? '', servername: started?.servername ?? '' });
  const find = async (client: Client, base: string, account: string): Promise<Entry[]> => {
    const filter = `(sAMAccountName=${account})`;
    return (await client.search(base, { filter, attributes: ['title', 'department'] })).searchEntries;
  };

  itOnSamba('answers a plain bind where that is allowed', async ({ ldap, baseDn, admin }) => {
    const client = await bind(ldap, admin);
    expect((await client.search(baseDn, { scope: 'base' })).searchEntries).toHaveLength(1);
  });

  itOnSamba('hides one attribute, then a whole OU, from one account', async (domain) => {
    const { ldaps, baseDn } = domain;
    const admin = await bind(ldaps, domain.admin);
    const ou = `OU=Hidden,${baseDn}`;
    const values = { sAMAccountName: 'hidden1', title: 'Clerk', department: 'Sales' };
    await admin.add(ou, { objectClass: ['organizationalUnit'] });
    await admin.add(`CN=Hidden One,${ou}`, { objectClass: ['user'], ...values });
    const reader = await bind(ldaps, await domain.createDelegatedAccount('svc-blind'));
    expect(await find(reader, baseDn, 'hidden1')).toMatchObject([{ title: 'Clerk', department: 'Sales' }]);
    await domain.denyRead('svc-blind', `CN=Hidden One,${ou}`, 'title');
    expect(await find(reader, baseDn, 'hidden1')).toMatchObject([{ title: [], department: 'Sales' }]);
    await domain.denyRead('svc-blind', ou);
    expect(await find(reader, baseDn, 'hidden1')).toEqual([]);
    expect(await find(admin, baseDn, 'hidden1')).toMatchObject([{ title: 'Clerk' }]);
  });

  itOnSamba('grants DirSync without the object-security flag', async (domain) => {
    const account = await domain.createDelegatedAccount('svc-replicator');
    const read = async () => {
      const stream = await openEntryStream(sambaFixture(domain), account);
      return dirSync(stream, domain.baseDn, { filter: matchesNothing }).finally(() => stream.close());
    };
    await expect(read()).rejects.toMatchObject({ code: 50 });
    await domain.grantReplicationChanges('svc-replicator');
    expect((await read()).cookie.length).toBeGreaterThan(0);
  });

  itOnSamba('as a process: a ready line, an address of its own, gone on SIGTERM', async (domain) => {
    const child = await startChild(
      'samba',
      [process.execPath, 'local/samba/main.ts', '--account', 'svc-ready'],
      { readyMs: 60_000 },
    );
    const ready = child.ready as {
      ldap: string;
      caFile: string;
      account: Account;
      admin: { user: string; password: string };
    };
    try {
      expect(child.ready).toMatchObject({
        ready: true,
        baseDn: domain.baseDn,
        servername: domain.servername,
      });
      expect(ready.ldap).not.toBe(domain.ldap);
      // Strong authentication is asked for unless told otherwise.
      await expect(bind(ready.ldap, ready.admin)).rejects.toMatchObject({ code: 8 });
      expect(existsSync(ready.caFile)).toBe(true);
      const reader = await bind(ready.ldap.replace('ldap:', 'ldaps:'), ready.account);
      expect((await reader.search(domain.baseDn, { scope: 'base' })).searchEntries).toHaveLength(1);
    } finally {
      expect(await child.stop()).toBe(0);
    }
    expect(existsSync(dirname(ready.caFile))).toBe(false);
  });

  itOnSamba(
    'a killed owner takes its domain controller along, and the next start clears its folder',
    async () => {
      const child = await startChild('samba', [process.execPath, 'local/samba/main.ts'], { readyMs: 60_000 });
      const { caFile, pid } = child.ready as { caFile: string; pid: number };
      child.process.kill('SIGKILL');
      await child.stop();
      await expect.poll(() => isRunning(pid), { timeout: 10_000, interval: 50 }).toBe(false);
      expect(existsSync(caFile)).toBe(true);
      const next = await startSamba();
      await next.stop();
      expect(existsSync(dirname(caFile))).toBe(false);
    },
  );
});
