import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { Attribute, Change, Client, Control, FilterParser, ModifyRequest, SearchRequest } from 'ldapts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startChild } from '../../local/children.ts';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import { describeDirectoryContract } from './directory.contract.ts';
import { DirSyncControl } from './support/directory/controls.ts';
import { dirSync, matchesNothing } from './support/directory/dir-sync.ts';
import { openEntryStream, type EntryStream, type SentEntry } from './support/directory/entry-stream.ts';
import type { Account, DirectoryFixture } from './support/directory/fixture.ts';

async function call(
  running: RunningDirectory,
  method: string,
  path: string,
  body: unknown = {},
): Promise<unknown> {
  const response = await fetch(`${running.control}${path}`, {
    method,
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

function toFixture(running: RunningDirectory): DirectoryFixture {
  return {
    ldapUrl: running.ldap,
    ldapsUrl: running.ldaps,
    tls: { ca: running.ca, servername: running.servername },
    baseDn: running.baseDn,
    admin: running.admin,
    createDelegatedAccount: async (name) =>
      (await call(running, 'POST', '/accounts', { account: name })) as Account,
    grantDeletedObjectsRead: async (name) => {
      await call(running, 'POST', '/grants/deleted-objects', { account: name });
    },
    stop: () => running.stop(),
  };
}

// A small page, so that the paging of DirSync is met without thousands of objects.
describeDirectoryContract('embedded directory', async () =>
  toFixture(await startDirectory({ dirSyncPage: 10 })),
);

describe('embedded directory, beyond what Samba can show', () => {
  let running: RunningDirectory;
  let admin: Client;
  let stream: EntryStream;
  const clients: Client[] = [];
  const streams: EntryStream[] = [];
  const open = (url: string, timeout = 5_000) => {
    const tls = { ca: running.ca, servername: running.servername };
    const client = new Client({ url, timeout, ...(url.startsWith('ldaps') && { tlsOptions: tls }) });
    clients.push(client);
    return client;
  };
  const openStream = async (account: Pick<Account, 'user' | 'password'>) => {
    const opened = await openEntryStream(toFixture(running), account);
    streams.push(opened);
    return opened;
  };
  const addUser = async (name: string, parent = running.baseDn) => {
    const dn = `CN=${name},${parent}`;
    await admin.add(dn, { objectClass: ['user'], sAMAccountName: name });
    return dn;
  };
  const addUnit = async (name: string, parent = running.baseDn) => {
    await admin.add(`OU=${name},${parent}`, { objectClass: ['organizationalUnit'] });
    return `OU=${name},${parent}`;
  };
  const change = (operation: 'add' | 'delete' | 'replace', type: string, values: string[]) =>
    new Change({ operation, modification: new Attribute({ type, values }) });
  const now = async () => (await dirSync(stream, running.baseDn, { filter: matchesNothing })).cookie;
  const readHighestUsn = async (client: Client) => {
    const found = await client.search('', { scope: 'base', attributes: ['highestCommittedUSN'] });
    return Number(found.searchEntries[0]?.['highestCommittedUSN']);
  };

  beforeAll(async () => {
    running = await startDirectory({ dirSyncPage: 10, generate: 25 });
    admin = open(running.ldaps);
    await admin.bind(running.admin.user, running.admin.password);
    stream = await openStream(running.admin);
  });
  afterEach(() => call(running, 'DELETE', '/faults'));
  afterAll(async () => {
    for (const one of streams) one.close();
    for (const client of clients) await client.unbind().catch(() => undefined);
    await running.stop();
  });

  it('loses and invents nothing when objects change between two pages', async () => {
    const unit = await addUnit('busy');
    const names = Array.from({ length: 35 }, (_, index) => `busy${index}`);
    const start = await now();
    for (const name of names) await addUser(name, unit);
    const titles = new Map<string, string>();
    const created = new Set<string>();
    let cookie = start;
    let pages = 0;
    for (let isMore = true; isMore; pages += 1) {
      const control = new DirSyncControl(cookie, 0, 0x7fff_ffff);
      const onEntry = ({ dn, attributes }: SentEntry) => {
        if (attributes.has('sAMAccountName')) created.add(dn);
        const title = attributes.get('title')?.[0];
        if (title !== undefined) titles.set(dn, String(title));
      };
      await stream.search({ base: running.baseDn, controls: [control], onEntry });
      cookie = control.cookie;
      isMore = control.hasMore;
      // One that has been sent already, and one whose turn was about to come and now comes last.
      for (const name of isMore && pages < 5 ? [names[pages], names[15 + pages]] : []) {
        await admin.modify(`CN=${name ?? ''},${unit}`, change('replace', 'title', [`T${pages}`]));
      }
    }
    expect(pages).toBeGreaterThan(3);
    const { searchEntries } = await admin.search(unit, { filter: '(title=*)', attributes: ['title'] });
    // What came last came whole, though the pass was long past the number of its creation.
    expect([...created].sort()).toEqual(names.map((name) => `CN=${name},${unit}`).sort());
    expect(titles).toEqual(new Map(searchEntries.map((entry) => [entry.dn, String(entry['title'])])));
    expect((await dirSync(stream, running.baseDn, { cookie })).entries).toEqual([]);
  });

  it('sends changed parents before their children when asked to (0x800)', async () => {
    const start = await now();
    const outer = await addUnit('outer');
    const inner = await addUnit('inner', outer);
    const leaf = await addUser('leaf', inner);
    await admin.modify(outer, change('replace', 'description', ['later than its children']));
    const order = async (flags: number) =>
      (await dirSync(stream, running.baseDn, { cookie: start, flags })).entries.map(({ dn }) => dn);
    expect(await order(0)).toEqual([inner, leaf, outer]);
    expect(await order(0x800)).toEqual([outer, inner, leaf]);
  });

  it('ends a page at the bytes that the client allows', async () => {
    const start = await now();
    const unit = await addUnit('bytes');
    for (let index = 0; index < 6; index += 1) await addUser(`bytes${index}`, unit);
    const whole = await dirSync(stream, running.baseDn, { cookie: start });
    const small = await dirSync(stream, running.baseDn, { cookie: start, bytesMax: 1 });
    expect([whole.pageCount, small.pageCount]).toEqual([1, 7]);
    expect(small.entries).toEqual(whole.entries);
  });

  it('reports an object once, however often it changed', async () => {
    const dn = await addUser('often');
    const start = await now();
    // More than the change log lets pile up before it cleans itself.
    const titles = Array.from({ length: 3_000 }, (_, index) => `Title ${index}`);
    await Promise.all(titles.map((title) => admin.modify(dn, change('replace', 'title', [title]))));
    const { entries } = await dirSync(stream, running.baseDn, { cookie: start });
    expect(entries.map((entry) => [entry.dn, entry.attributes.get('title')])).toEqual([[dn, ['Title 2999']]]);
  });

  it('takes a permissive modify (1413), which Samba lists and ignores', async () => {
    const user = await addUser('permissive');
    const group = `CN=permissive group,${running.baseDn}`;
    await admin.add(group, { objectClass: ['group'], sAMAccountName: 'permissive-group', member: [user] });
    await expect(admin.modify(group, change('add', 'member', [user]))).rejects.toMatchObject({ code: 68 });
    const permissive = [new Control('1.2.840.113556.1.4.1413', { critical: true })];
    await admin.modify(group, change('add', 'member', [user]), permissive);
    await admin.modify(group, change('delete', 'member', [running.baseDn]), permissive);
    await admin.modify(group, change('delete', 'mail', []), permissive);
    const { searchEntries } = await admin.search(group, { scope: 'base', attributes: ['member'] });
    expect(searchEntries).toMatchObject([{ member: user }]);
  });

  it('locks an account out after the threshold, and unlocks it (775)', async () => {
    const account = (await call(running, 'POST', '/accounts', { account: 'locked' })) as Account;
    await admin.modify(running.baseDn, change('replace', 'lockoutThreshold', ['3']));
    const bind = (password: string) => open(running.ldaps).bind(account.user, password);
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(bind('wrong')).rejects.toThrow('data 52e');
    await expect(bind(account.password)).rejects.toThrow('data 775');
    await admin.modify(account.dn, change('replace', 'lockoutTime', ['0']));
    await bind(account.password);
    await admin.modify(running.baseDn, change('replace', 'lockoutThreshold', ['0']));
  });

  it('takes no password without encryption, and no simple bind unless told to', async () => {
    await expect(open(running.ldap).bind(running.admin.user, running.admin.password)).rejects.toMatchObject({
      code: 8,
    });
    const lenient = await startDirectory({ allowPlainBind: true });
    try {
      const client = open(lenient.ldap);
      await client.bind(lenient.admin.user, lenient.admin.password);
      const dn = `CN=plain,${lenient.baseDn}`;
      await client.add(dn, { objectClass: ['user'], sAMAccountName: 'plain' });
      const value = Buffer.from('"Passw0rd!x"', 'utf16le');
      const set = new Change({
        operation: 'replace',
        modification: new Attribute({ type: 'unicodePwd', values: [value] }),
      });
      await expect(client.modify(dn, set)).rejects.toMatchObject({ code: 53 });
      await client.unbind();
    } finally {
      await lenient.stop();
    }
  });

  it('lets an account write where it was granted to, and only there', async () => {
    const account = (await call(running, 'POST', '/accounts', { account: 'writer' })) as Account;
    const unit = await addUnit('writable');
    const [inside, outside] = [await addUser('inside', unit), await addUser('outside')];
    const writer = open(running.ldaps);
    await writer.bind(account.user, account.password);
    const title = change('replace', 'title', ['Writer']);
    await expect(writer.modify(inside, title)).rejects.toMatchObject({ code: 50 });
    await call(running, 'POST', '/grants/write', { account: 'writer', dn: unit });
    await writer.modify(inside, title);
    await expect(writer.modify(outside, title)).rejects.toMatchObject({ code: 50 });
    await expect(writer.modifyDN(inside, `CN=inside,${running.baseDn}`)).rejects.toMatchObject({ code: 50 });
  });

  it('hides a denied attribute and a denied subtree without a word, and shows them again', async () => {
    const account = (await call(running, 'POST', '/accounts', { account: 'blind' })) as Account;
    const unit = await addUnit('hidden');
    const dn = await addUser('hidden-user', unit);
    await admin.modify(dn, change('replace', 'title', ['Secret']));
    const reader = open(running.ldaps);
    await reader.bind(account.user, account.password);
    const find = async (filter: string) =>
      (await reader.search(running.baseDn, { filter, attributes: ['title'] })).searchEntries.map(
        (one) => one['title'],
      );
    const sees = async () => {
      const blind = await openStream(account);
      const { entries } = await dirSync(blind, running.baseDn, { flags: 1, attributes: ['title', 'name'] });
      return entries.find((entry) => entry.dn === dn)?.attributes.get('title');
    };
    expect([await find('(cn=hidden-user)'), await find('(title=Secret)'), await sees()]).toEqual([
      ['Secret'],
      ['Secret'],
      ['Secret'],
    ]);
    await call(running, 'POST', '/denials', { account: 'blind', attribute: 'title' });
    expect([await find('(cn=hidden-user)'), await find('(title=Secret)'), await sees()]).toEqual([
      [[]],
      [],
      undefined,
    ]);
    await call(running, 'POST', '/denials', { account: 'blind', dn: unit });
    expect(await find('(cn=hidden-user)')).toEqual([]);
    await call(running, 'DELETE', '/denials', { account: 'blind' });
    expect(await find('(cn=hidden-user)')).toEqual(['Secret']);
  });

  it('grants DirSync without the object-security flag', async () => {
    const account = (await call(running, 'POST', '/accounts', { account: 'svc-repl' })) as Account;
    const replicator = await openStream(account);
    const read = () => dirSync(replicator, running.baseDn, { filter: matchesNothing });
    await expect(read()).rejects.toMatchObject({ code: 50 });
    await call(running, 'POST', '/grants/replication', { account: 'svc-repl' });
    expect((await read()).cookie).toHaveLength(108);
  });

  it('fault: answers busy (51) as often as told, then works on', async () => {
    await call(running, 'POST', '/faults', { busy: 2 });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(admin.search(running.baseDn, { scope: 'base' })).rejects.toMatchObject({ code: 51 });
    }
    expect((await admin.search(running.baseDn, { scope: 'base' })).searchEntries).toHaveLength(1);
  });

  it('fault: hangs, accepting connections without ever answering', async () => {
    await call(running, 'POST', '/faults', { hang: true });
    const client = open(running.ldaps, 300);
    await expect(client.bind(running.admin.user, running.admin.password)).rejects.toThrow(/timed? ?out/i);
    await call(running, 'POST', '/faults', { hang: false });
    const next = open(running.ldaps);
    await next.bind(running.admin.user, running.admin.password);
  });

  it('fault: cuts the connection instead of an answer', async () => {
    const client = open(running.ldaps);
    await client.bind(running.admin.user, running.admin.password);
    await call(running, 'POST', '/faults', { drop: 1 });
    await expect(client.search(running.baseDn, { scope: 'base' })).rejects.toThrow(/connection closed/i);
    await call(running, 'POST', '/disconnect');
    admin = open(running.ldaps);
    await admin.bind(running.admin.user, running.admin.password);
    stream = await openStream(running.admin);
  });

  it('fault: refuses every cookie, but not a fresh start', async () => {
    const cookie = await now();
    await call(running, 'POST', '/faults', { refuseCookies: true });
    await expect(dirSync(stream, running.baseDn, { cookie })).rejects.toMatchObject({ code: 12 });
    // Its second page needs a cookie, so only what fits into one page can be read.
    expect((await dirSync(stream, running.baseDn, { filter: matchesNothing })).cookie).toHaveLength(108);
  });

  it('fault: a rollback gives numbers out again, and an old cookie misses what reuses them', async () => {
    const dn = await addUser('rolled');
    const before = await readHighestUsn(admin);
    const cookie = await now();
    await call(running, 'POST', '/rollback', { by: 5 });
    expect(await readHighestUsn(admin)).toBe(before - 5);
    await admin.modify(dn, change('replace', 'title', ['lost']));
    const { entries, cookie: lower } = await dirSync(stream, running.baseDn, { cookie });
    expect(entries).toEqual([]);
    await admin.modify(dn, change('replace', 'title', ['seen']));
    const later = await dirSync(stream, running.baseDn, { cookie: lower });
    expect(later.entries.map((entry) => entry.dn)).toEqual([dn]);
  });

  it('fault: with a new invocationId an old cookie means everything again', async () => {
    const settings = (await admin.search('', { scope: 'base', attributes: ['dsServiceName'] }))
      .searchEntries[0];
    const readId = async () => {
      const dn = String(settings?.['dsServiceName']);
      const options = {
        scope: 'base' as const,
        attributes: ['invocationId'],
        explicitBufferAttributes: ['invocationId'],
      };
      return ((await admin.search(dn, options)).searchEntries[0]?.['invocationId'] as Buffer).toString('hex');
    };
    const [cookie, before] = [await now(), await readId()];
    expect((await dirSync(stream, running.baseDn, { cookie })).entries).toEqual([]);
    await call(running, 'POST', '/invocation-id');
    expect(await readId()).not.toBe(before);
    const { entries } = await dirSync(stream, running.baseDn, { cookie });
    expect(entries.some(({ dn }) => dn.startsWith('CN=Administrator,'))).toBe(true);
  });

  it('makes users at the start: enabled, with managers, readable in pages', async () => {
    const base = `OU=Generated,${running.baseDn}`;
    const filter = '(&(objectClass=user)(userAccountControl=512))';
    const found = await admin.search(base, {
      filter,
      attributes: ['manager', 'mail'],
      paged: { pageSize: 7 },
    });
    expect(found.searchEntries).toHaveLength(25);
    expect(
      found.searchEntries.filter((entry) => String(entry['manager']).startsWith('CN=User 000001,')),
    ).toHaveLength(20);
  });

  it('tells a caller of the control interface what it did wrong', async () => {
    await expect(call(running, 'POST', '/nothing')).rejects.toThrow('404');
    await expect(call(running, 'POST', '/grants/write', { account: 'nobody' })).rejects.toThrow('400');
    await expect(call(running, 'POST', '/faults', { busy: 'yes' })).rejects.toThrow('400');
    expect(await call(running, 'GET', '/')).toMatchObject({
      invocationId: running.directory.store.invocationId,
    });
  });

  it('survives broken requests: the sender is cut off or answered, the others go on', async () => {
    const filter = FilterParser.parseString('(&(objectClass=user)(|(cn=a*b)(!(mail=x))))');
    const messages = [
      new SearchRequest({ messageId: 7, baseDN: running.baseDn, filter, attributes: ['cn', 'mail'] }).write(),
      new ModifyRequest({
        messageId: 8,
        dn: running.baseDn,
        changes: [change('add', 'title', ['x'])],
      }).write(),
    ];
    const broken = fc
      .record({ message: fc.constantFrom(...messages), at: fc.nat(200), byte: fc.nat(255), cut: fc.nat(60) })
      .map(({ message, at, byte, cut }) => {
        const bytes = Buffer.from(message);
        bytes[at % bytes.length] = byte;
        return bytes.subarray(0, bytes.length - (cut % bytes.length));
      });
    const send = (bytes: Buffer) =>
      new Promise<void>((resolve) => {
        const socket = connect(running.port, '127.0.0.1', () => socket.end(bytes));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
      });
    await fc.assert(fc.asyncProperty(broken, send), { numRuns: 200 });
    expect((await admin.search(running.baseDn, { scope: 'base' })).searchEntries).toHaveLength(1);
  });
});

describe('embedded directory as a process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'directory-test-'));
  const main = [process.execPath, 'local/directory/main.ts'];
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('prints where it is reached, logs each write, and leaves nothing behind on SIGTERM', async () => {
    const log = join(folder, 'writes.jsonl');
    const child = await startChild('directory', [
      ...main,
      '--domain',
      'lab.test',
      '--log',
      log,
      '--account',
      'svc',
    ]);
    const ready = child.ready as {
      ldaps: string;
      ca: string;
      baseDn: string;
      admin: Account;
      account: Account;
    };
    const sent = performance.timeOrigin + performance.now();
    try {
      expect(child.ready).toMatchObject({ ready: true, baseDn: 'DC=lab,DC=test', servername: 'localhost' });
      const tlsOptions = { ca: readFileSync(ready.ca), servername: 'localhost' };
      const client = new Client({ url: ready.ldaps, tlsOptions });
      await client.bind(ready.admin.user, ready.admin.password);
      await client.add(`OU=logged,${ready.baseDn}`, { objectClass: ['organizationalUnit'] });
      await client.modifyDN(`OU=logged,${ready.baseDn}`, 'OU=renamed');
      await client.del(`OU=renamed,${ready.baseDn}`);
      await client.unbind();
      const reader = new Client({ url: ready.ldaps, tlsOptions });
      await reader.bind(ready.account.user, ready.account.password);
      await reader.unbind();
    } finally {
      expect(await child.stop()).toBe(0);
    }
    expect(existsSync(ready.ca)).toBe(false);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const entries = lines.map(
      (line) => JSON.parse(line) as { at: number; op: string; dn: string; guid: string },
    );
    expect(entries.map(({ op, dn }) => [op, dn])).toEqual([
      ['add', 'OU=logged,DC=lab,DC=test'],
      ['modify-dn', 'OU=logged,DC=lab,DC=test'],
      ['delete', 'OU=renamed,DC=lab,DC=test'],
    ]);
    expect(new Set(entries.map(({ guid }) => guid)).size).toBe(1);
    expect(entries[0]?.at).toBeGreaterThan(sent);
  });

  it.each([
    { name: 'an unknown flag', args: ['--nonsense'], status: 2, text: '--nonsense' },
    { name: 'a port that is none', args: ['--port', 'x'], status: 2, text: '--port' },
    { name: 'a domain that is none', args: ['--domain', 'corp'], status: 2, text: '--domain' },
    { name: 'help', args: ['--help'], status: 0, text: '--dirsync-page' },
  ])('exits by its flags: $name', ({ args, status, text }) => {
    const [command = '', ...rest] = main;
    const run = spawnSync(command, [...rest, ...args], { encoding: 'utf8' });
    expect(run.status).toBe(status);
    expect(run.stdout + run.stderr).toContain(text);
  });
});
