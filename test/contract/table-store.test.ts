import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fc from 'fast-check';
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild, type Child } from '../../local/children.ts';
import { tableStorage } from '../../shared/adapters/table-storage/table-storage.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';

let tables: Child;
let connectionString: string;
let store: ReturnType<typeof tableStorage>;
let serial = 0;
/** A partition of its own for every case. */
const partition = () => `corp|t${serial++}`;
const upsert = (
  rowKey: string,
  data?: unknown,
  tags?: Record<string, string | number | boolean>,
): RowWrite => ({
  kind: 'upsert',
  rowKey,
  content: { data, ...(tags === undefined ? {} : { tags }) },
});
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof SyncError ? error.code : error),
  );

beforeAll(async () => {
  tables = await startChild('tables', [process.execPath, 'local/tables/main.ts']);
  connectionString = String(tables.ready['connectionString']);
  store = tableStorage({ connection: { kind: 'connection-string', connectionString }, prefix: 'T1' });
});
afterAll(async () => {
  await tables.stop(2_000);
});

describe('rows', () => {
  test('a table that nobody made is made at the first write, and reading before that finds nothing', async () => {
    const fresh = tableStorage({
      connection: { kind: 'connection-string', connectionString },
      prefix: 'Fresh',
    });
    expect(await fresh.get('Cursors', 'p', 'r')).toBeUndefined();
    await fresh.transact('Cursors', 'p', [upsert('r', 1), upsert('s', 2)]);
    expect((await fresh.get('Cursors', 'p', 's'))?.data).toBe(2);
    await fresh.ensureTables(['Cursors', 'Journal']);
    await fresh.ensureTables(['Cursors', 'Journal']);
  });

  test('data and tags of any JSON value come back as they were written', async () => {
    const p = partition();
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue(),
        fc.dictionary(
          fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/),
          fc.oneof(
            fc.string(),
            fc.boolean(),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
            fc.maxSafeInteger(),
          ),
        ),
        async (data, tags) => {
          const cleanTags = Object.fromEntries(
            Object.entries(tags).map(([name, value]) => [name, value === 0 ? 0 : value]),
          );
          await store.transact('Objects', p, [
            upsert('one', data, cleanTags),
            upsert('two', data, cleanTags),
          ]);
          await store.transact('Objects', p, [upsert('three', data, cleanTags)]);
          const expected = { data: JSON.parse(JSON.stringify(data)) as unknown, tags: cleanTags };
          for (const rowKey of ['one', 'two', 'three'])
            expect(await store.get('Objects', p, rowKey)).toMatchObject(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a replaced row keeps no column of the old one, not even its chunks', async () => {
    const p = partition();
    const large = randomBytes(200_000).toString('base64');
    await store.transact('Objects', p, [upsert('r', { large }, { a: 1, b: 'x' })]);
    expect((await store.get('Objects', p, 'r'))?.data).toEqual({ large });
    await store.transact('Objects', p, [upsert('r', { small: true }, { b: 'y' })]);
    expect(await store.get('Objects', p, 'r')).toMatchObject({ data: { small: true }, tags: { b: 'y' } });
    const raw = await TableClient.fromConnectionString(connectionString, 'T1Objects', {
      allowInsecureConnection: true,
    }).getEntity(p, 'r');
    expect(
      Object.keys(raw)
        .filter((column) => /^[dtn]/.test(column))
        .sort(),
    ).toEqual(['d0', 't_b', 'timestamp']);
    expect(raw['v']).toBe(1);
  });

  test.each(["o|a'b", 'm|group|member', 'i|1|000000000123|key', 'é ü %25 & = +', 'x:y@z,(1)'])(
    'the row key %s works in every kind of write and read',
    async (rowKey) => {
      const p = `${partition()}'|é`;
      await store.transact('Objects', p, [
        { kind: 'insert', rowKey, content: { data: 1 } },
        upsert('other', 1),
      ]);
      const first = await store.get('Objects', p, rowKey);
      await store.transact('Objects', p, [
        { kind: 'replace', rowKey, etag: first?.etag ?? '', content: { data: 2 } },
        upsert('other', 2),
      ]);
      expect((await store.getMany('Objects', p, [rowKey])).get(rowKey)?.data).toBe(2);
      const second = await store.get('Objects', p, rowKey);
      await store.transact('Objects', p, [
        { kind: 'delete', rowKey, etag: second?.etag ?? '' },
        upsert('other', 3),
      ]);
      expect(await store.get('Objects', p, rowKey)).toBeUndefined();
      expect((await store.get('Objects', p, 'other'))?.data).toBe(3);
    },
  );

  test('getMany gives the rows that exist', async () => {
    const p = partition();
    const keys = Array.from({ length: 70 }, (_, i) => `k${i}`);
    await store.transact(
      'Objects',
      p,
      keys.map((key) => upsert(key, key)),
    );
    const rows = await store.getMany('Objects', p, [...keys, 'none', 'k1']);
    expect(rows.size).toBe(70);
    expect(rows.get('k69')?.data).toBe('k69');
    expect((await store.getMany('Objects', p, [])).size).toBe(0);
    const mixed = ["o|a'1", 'o|b', 'o|é', 'm|g|1', 'm|g|2', 'm|g|3', 'm|h|1', 'w'];
    await store.transact(
      'Objects',
      p,
      mixed.map((key) => upsert(key, key)),
    );
    const found = await store.getMany('Objects', p, [...mixed, 'm|g|none', 'o|zz', 'n']);
    expect([...found.keys()].sort()).toEqual([...mixed].sort());
    expect(found.get("o|a'1")?.data).toBe("o|a'1");
  });
});

describe('conditions', () => {
  const alone = { name: 'alone', beside: [] as RowWrite[] };
  const together = { name: 'in a transaction', beside: [upsert('beside', 'written')] };

  test.each([alone, together])(
    'insert over a row, $name, is a conflict and writes nothing',
    async ({ beside }) => {
      const p = partition();
      await store.transact('Objects', p, [upsert('r', 'old')]);
      expect(
        await codeOf(
          store.transact('Objects', p, [
            ...beside,
            { kind: 'insert', rowKey: 'r', content: { data: 'new' } },
          ]),
        ),
      ).toBe('STATE_CONFLICT');
      expect((await store.get('Objects', p, 'r'))?.data).toBe('old');
      expect(await store.get('Objects', p, 'beside')).toBeUndefined();
    },
  );

  test.each([
    { ...alone, kind: 'replace' as const },
    { ...together, kind: 'replace' as const },
    { ...alone, kind: 'delete' as const },
    { ...together, kind: 'delete' as const },
  ])('$kind with an old etag, $name, is a conflict and writes nothing', async ({ beside, kind }) => {
    const p = partition();
    await store.transact('Objects', p, [upsert('r', 1)]);
    const etag = (await store.get('Objects', p, 'r'))?.etag ?? '';
    await store.transact('Objects', p, [upsert('r', 2)]);
    const write: RowWrite =
      kind === 'delete' ? { kind, rowKey: 'r', etag } : { kind, rowKey: 'r', etag, content: { data: 3 } };
    expect(await codeOf(store.transact('Objects', p, [...beside, write]))).toBe('STATE_CONFLICT');
    expect((await store.get('Objects', p, 'r'))?.data).toBe(2);
    expect(await store.get('Objects', p, 'beside')).toBeUndefined();
  });

  test.each([alone, together])('replace of a row that is gone, $name, is a conflict', async ({ beside }) => {
    const p = partition();
    await store.transact('Objects', p, [upsert('r', 1)]);
    const etag = (await store.get('Objects', p, 'r'))?.etag ?? '';
    await store.transact('Objects', p, [{ kind: 'delete', rowKey: 'r' }]);
    expect(
      await codeOf(
        store.transact('Objects', p, [...beside, { kind: 'replace', rowKey: 'r', etag, content: {} }]),
      ),
    ).toBe('STATE_CONFLICT');
    expect(
      await codeOf(store.transact('Objects', p, [...beside, { kind: 'delete', rowKey: 'r', etag }])),
    ).toBe('STATE_CONFLICT');
    expect(await store.get('Objects', p, 'beside')).toBeUndefined();
  });

  test('removing rows that are gone without an etag is no failure, and what stands beside is written', async () => {
    const p = partition();
    await store.transact('Objects', p, [upsert('there', 1)]);
    await store.transact('Objects', p, [
      { kind: 'delete', rowKey: 'gone1' },
      upsert('beside', 'written'),
      { kind: 'delete', rowKey: 'there' },
      { kind: 'delete', rowKey: 'gone2' },
    ]);
    await store.transact('Objects', p, [{ kind: 'delete', rowKey: 'gone1' }]);
    await store.transact('Objects', p, [
      { kind: 'delete', rowKey: 'gone1' },
      { kind: 'delete', rowKey: 'gone2' },
    ]);
    expect(await store.get('Objects', p, 'there')).toBeUndefined();
    expect((await store.get('Objects', p, 'beside'))?.data).toBe('written');
  });

  test('of parallel replaces of one row exactly one holds', async () => {
    const p = partition();
    await store.transact('Quota', p, [upsert('r', 0)]);
    const etag = (await store.get('Quota', p, 'r'))?.etag ?? '';
    const codes = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        codeOf(store.transact('Quota', p, [{ kind: 'replace', rowKey: 'r', etag, content: { data: i } }])),
      ),
    );
    expect(codes.filter((code) => code === 'no error')).toHaveLength(1);
    expect(codes.filter((code) => code === 'STATE_CONFLICT')).toHaveLength(7);
  });
});

describe('limits, checked here since Azurite accepts more than Azure', () => {
  const noise = (bytes: number) => randomBytes(Math.ceil(bytes * 0.75)).toString('base64');

  test('a hundred rows in one transaction fit, one more does not', async () => {
    const p = partition();
    await store.transact(
      'Objects',
      p,
      Array.from({ length: 100 }, (_, i) => upsert(`k${i}`, i)),
    );
    expect(
      await codeOf(
        store.transact(
          'Objects',
          p,
          Array.from({ length: 101 }, (_, i) => upsert(`k${i}`, i)),
        ),
      ),
    ).toBe('STATE_TOO_LARGE');
  });

  test('a row of 1 MiB and a transaction of 3 MB are refused before sending', async () => {
    const p = partition();
    expect(await codeOf(store.transact('Objects', p, [upsert('r', noise(1_100_000))]))).toBe(
      'STATE_TOO_LARGE',
    );
    await store.transact('Objects', p, [upsert('r', noise(900_000))]);
    const four = Array.from({ length: 4 }, (_, i) => upsert(`k${i}`, noise(900_000)));
    expect(await codeOf(store.transact('Objects', p, four))).toBe('STATE_TOO_LARGE');
    await store.transact('Objects', p, four.slice(0, 3));
    expect(String((await store.get('Objects', p, 'k2'))?.data)).toHaveLength(900_000);
  });

  test.each(['a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', 'a\u0085b', 'k'.repeat(513)])(
    'a key that the service does not take is refused before sending, and is no outage: %j',
    async (wrong) => {
      const p = partition();
      const some = ['one', 'two', 'three', wrong];
      for (const attempt of [
        () => store.get('Requests', p, wrong),
        () => store.get('Requests', wrong, 'r'),
        () => store.getMany('Requests', p, [wrong]),
        () => store.getMany('Requests', p, some),
        () => store.range('Requests', wrong, { from: 'a', to: 'b' }),
        () => store.transact('Requests', p, [upsert(wrong, 1)]),
        () => store.transact('Requests', wrong, [upsert('r', 1)]),
        () => store.transact('Requests', p, [{ kind: 'delete', rowKey: wrong }]),
      ])
        expect(await codeOf(attempt())).toBe('STATE_KEY_INVALID');
    },
  );

  test('a row named twice is a bug', async () => {
    await expect(store.transact('Objects', 'p', [upsert('r', 1), upsert('r', 2)])).rejects.toThrow(
      'Invariant broken',
    );
  });
});

describe('ranges', () => {
  test('come in RowKey order, from included, to excluded, limited, over pages, with tags and without data', async () => {
    const p = partition();
    const keys = Array.from({ length: 1_150 }, (_, i) => `i|${String(i).padStart(5, '0')}`);
    for (let i = 0; i < keys.length; i += 100)
      await store.transact(
        'Objects',
        p,
        keys
          .slice(i, i + 100)
          .map((key, j) =>
            upsert(key, { key }, { odd: (i + j) % 2 === 1, rank: i + j, owner: `o'${i + j}` }),
          ),
      );
    await store.transact('Objects', p, [upsert('h|x', 0), upsert('j|x', 0)]);
    const all = await store.range('Objects', p, { from: 'i|', to: 'i}', limit: 5_000 });
    expect(all.map((row) => row.rowKey)).toEqual(keys);
    expect((await store.range('Objects', p, { from: 'i|', to: 'i}' })).length).toBe(1_000);
    const some = await store.range('Objects', p, {
      from: 'i|00010',
      to: 'i|00020',
      where: { odd: true },
      limit: 3,
      keysOnly: true,
    });
    expect(some.map((row) => [row.rowKey, row.data, row.tags['odd']])).toEqual([
      ['i|00011', undefined, true],
      ['i|00013', undefined, true],
      ['i|00015', undefined, true],
    ]);
    const [ranked] = await store.range('Objects', p, {
      from: 'i|',
      to: 'i}',
      where: { rank: 42, owner: "o'42" },
    });
    expect(ranked).toMatchObject({ rowKey: 'i|00042', data: { key: 'i|00042' }, tags: { rank: 42 } });
  });

  test('a scan goes through partitions and stops at its limit', async () => {
    for (const p of ['s|1', 's|2', 't|1'])
      await store.transact(
        'Agents',
        p,
        Array.from({ length: 3 }, (_, i) => upsert(`k${i}`, `${p}${i}`)),
      );
    const seen = [];
    for await (const row of store.scan('Agents', { fromPartition: 's|', toPartition: 's}', limit: 5 }))
      seen.push([row.partitionKey, row.data]);
    expect(seen).toEqual([
      ['s|1', 's|10'],
      ['s|1', 's|11'],
      ['s|1', 's|12'],
      ['s|2', 's|20'],
      ['s|2', 's|21'],
    ]);
  });
});

describe('outages', () => {
  const withServer = async (
    respond: Parameters<typeof createServer>[1],
    use: (port: number) => Promise<void>,
  ) => {
    const server: Server = createServer(respond);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    try {
      await use(typeof address === 'object' && address !== null ? address.port : 0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const storeAt = (port: number, answerMsMax = 8_000) =>
    tableStorage({
      connection: {
        kind: 'connection-string',
        connectionString: connectionString.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`),
      },
      prefix: 'T1',
      answerMsMax,
    });
  const everyCall = (broken: ReturnType<typeof tableStorage>) => [
    codeOf(broken.get('Objects', 'p', 'r')),
    codeOf(broken.getMany('Objects', 'p', ['r', 's'])),
    codeOf(broken.range('Objects', 'p', { from: 'a', to: 'b' })),
    codeOf(broken.transact('Objects', 'p', [upsert('r', 1)])),
    codeOf(broken.transact('Objects', 'p', [upsert('r', 1), upsert('s', 1)])),
    codeOf(broken.ensureTables(['Rules'])),
  ];
  const unreachable = Array.from({ length: 6 }, () => 'STATE_UNREACHABLE');

  test('a refused connection shows as unreachable within two seconds', async () => {
    const started = performance.now();
    expect(await Promise.all(everyCall(storeAt(1)))).toEqual(unreachable);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('a server that says 503, or nothing but cut connections, shows within two seconds', async () => {
    await withServer(
      (_request, response) => response.writeHead(503).end(),
      async (port) => {
        const started = performance.now();
        expect(await Promise.all(everyCall(storeAt(port)))).toEqual(unreachable);
        expect(performance.now() - started).toBeLessThan(2_000);
      },
    );
    await withServer(
      (request) => request.socket.destroy(),
      async (port) => {
        expect(await Promise.all(everyCall(storeAt(port)))).toEqual(unreachable);
      },
    );
  });

  test('a server that hangs shows when the wait is over', async () => {
    await withServer(
      () => undefined,
      async (port) => {
        expect(await Promise.all(everyCall(storeAt(port, 300)))).toEqual(unreachable);
      },
    );
  });

  test('a wrong key shows as unreachable and the message says 403', async () => {
    const wrong = tableStorage({
      connection: {
        kind: 'connection-string',
        connectionString: connectionString.replace(/AccountKey=[^;]+/, 'AccountKey=d3Jvbmc='),
      },
      prefix: 'T1',
    });
    await expect(wrong.get('Objects', 'p', 'r')).rejects.toThrow(/403/);
  });
});
