import { expect, test } from 'vitest';
import { foldImportEnd, foldListEnd } from '../../../functions/pipeline/fold-readings.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { lookAhead } from '../../../functions/pipeline/run-slice.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { importNoteRowKey, type ImportNote } from '../../../shared/state/import-note.ts';
import { connector, group, keyIn, Killed, memberChange, user, World } from './world.ts';

/**
 * The bus accepted what an import read, and nobody ever folded it. The hour that is waited for it passes here; what status
 * says of it is shown with all processes in test/e2e/adversity-import.test.ts.
 */
const namingContext = 'DC=corp,DC=example';
const minuteMs = 60_000;
const people = [keyIn('p01', 0), keyIn('p01', 1), keyIn('p01', 2), keyIn('p02', 0)];
const [ann = '', bob = '', cid = '', dan = ''] = people;
const nameOf = (key: string): string => `n${people.indexOf(key)}`;

/** Everybody is in the cloud, and what is logged as an error is kept. */
class ImportWorld {
  readonly world = new World();
  readonly errors: Record<string, unknown>[] = [];
  readonly pipeline: Pipeline;
  #imports = 0;
  #toldAt = 0;

  constructor() {
    const { pipeline } = this.world;
    const error = (message: string, fields: object = {}) => void this.errors.push({ message, ...fields });
    this.pipeline = { ...pipeline, log: { ...pipeline.log, error } };
  }

  static async open(): Promise<ImportWorld> {
    const opened = new ImportWorld();
    for (const key of people) await opened.world.fold([user(key, nameOf(key))]);
    await opened.turns();
    opened.world.requests.length = 0;
    return opened;
  }

  async turns(): Promise<void> {
    for (const partition of ['p01', 'p02']) await this.world.turns(partition, this.pipeline);
  }

  /** An import that reads some, of whom some arrive. @returns what brings the others after all. */
  async read(sent: readonly string[], arriving: readonly string[]): Promise<(key: string) => Promise<void>> {
    const { world } = this;
    const id = `imp-${(this.#imports += 1)}`;
    const startedAt = world.version();
    const version = world.version();
    const bring = (key: string) =>
      world.fold([user(key, nameOf(key))], { lane: 'bulk', import: id, version });
    for (const key of arriving) await bring(key);
    const counts: Record<string, number> = {};
    for (const key of sent) {
      const partition = partitionOf(connector, key);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    const end = { ...world.envelope('p01'), kind: 'import-complete' as const, partition: null };
    this.#toldAt = world.now;
    await foldImportEnd(this.pipeline, end, { import: id, namingContext, startedAt, counts });
    await this.turns();
    return bring;
  }

  /** So many minutes after the end of the latest import; the turns themselves take some more. */
  async after(minutes: number): Promise<void> {
    this.world.now = Math.max(this.world.now, this.#toldAt + minutes * minuteMs);
    await this.turns();
  }

  async note(): Promise<ImportNote> {
    const row = await this.world.tables.get('Agents', connector, importNoteRowKey(namingContext));
    return row?.data as ImportNote;
  }

  commands(kind: string): { id: string; payload: unknown }[] {
    const ofKind = this.world.sent.filter(({ envelope }) => envelope.kind === kind);
    return ofKind.map(({ envelope: { id, payload } }) => ({ id, payload: JSON.parse(payload) as unknown }));
  }

  /** Nobody was written to, and nothing waits for a person. */
  async expectUntouched(): Promise<void> {
    expect(this.world.requests).toEqual([]);
    expect(await this.world.tables.range('Holds', connector, { from: '0', to: 'g', limit: 10 })).toEqual([]);
  }
}

const isShort = { message: 'the import is incomplete: objects that were sent did not arrive' };

test('what does not arrive within an hour is named, read again once, and nobody is looked for because of it', async () => {
  const opened = await ImportWorld.open();
  await opened.read([ann, bob, dan], [ann, dan]);
  await opened.after(50);
  expect([opened.errors, opened.commands('full-import'), opened.commands('probe')]).toEqual([[], [], []]);
  await opened.after(61);
  expect(opened.errors).toMatchObject([
    { ...isShort, import: 'imp-1', partition: 'p01', expected: 2, seen: 1 },
  ]);
  expect(await opened.note()).toMatchObject({
    short: { p01: { expected: 2, seen: 1 } },
    isRepetition: false,
  });
  expect(opened.commands('full-import')).toEqual([
    { id: 'f-imp-1', payload: { reason: 'objects of import imp-1 were sent and did not arrive' } },
  ]);
  // Cid was not read either: who is missing from an import that is not whole is not looked for.
  expect(opened.commands('probe')).toEqual([]);
  await opened.after(180);
  expect(opened.errors).toHaveLength(1);
  await opened.expectUntouched();
});

test('if the repetition loses something too it is named, and not repeated again', async () => {
  const opened = await ImportWorld.open();
  await opened.read([ann, bob, cid, dan], [ann, bob, cid]);
  await opened.after(61);
  await opened.read([ann, bob, cid, dan], [ann, cid, dan]);
  expect(await opened.note()).toMatchObject({ import: 'imp-2', short: {}, isRepetition: true });
  await opened.after(61);
  expect(await opened.note()).toMatchObject({ short: { p01: { expected: 3, seen: 2 } }, isRepetition: true });
  expect(opened.errors).toMatchObject([
    { import: 'imp-1', partition: 'p02' },
    { import: 'imp-2', partition: 'p01' },
  ]);
  expect(opened.commands('full-import')).toHaveLength(1);
  await opened.expectUntouched();
});

test('a whole repetition ends it, and only who is in no import is looked for', async () => {
  const opened = await ImportWorld.open();
  await opened.read([ann, bob, dan], [ann, dan]);
  await opened.after(61);
  await opened.read([ann, bob, dan], [ann, bob, dan]);
  expect(await opened.note()).toMatchObject({ import: 'imp-2', short: {}, unseen: { p01: 1 } });
  expect(opened.commands('probe').map(({ payload }) => payload)).toEqual([{ keys: [cid] }]);
  await opened.expectUntouched();
});

test('what arrives late, but within the hour, makes it whole', async () => {
  const opened = await ImportWorld.open();
  const bring = await opened.read(people, [ann, cid, dan]);
  await opened.after(50);
  await bring(bob);
  await opened.after(61);
  expect([opened.errors, opened.commands('full-import')]).toEqual([[], []]);
  expect(await opened.note()).toMatchObject({ import: 'imp-1', short: {} });
  await opened.expectUntouched();
});

test('two partitions that wait in vain ask for one repetition, also where the process dies between note and command', async () => {
  const opened = await ImportWorld.open();
  const { world } = opened;
  await opened.read(people, [ann, bob]);
  world.beforeSend = (messages) => {
    if (messages.some(({ envelope }) => envelope.kind === 'full-import')) throw new Killed();
  };
  await expect(opened.after(61)).rejects.toThrow(Killed);
  world.beforeSend = () => undefined;
  await opened.after(70);
  expect(Object.keys((await opened.note()).short).sort()).toEqual(['p01', 'p02']);
  expect(opened.commands('full-import').map(({ id }) => id)).toEqual(['f-imp-1']);
});

test('an import that another one overtook is not counted as incomplete', async () => {
  const opened = await ImportWorld.open();
  const { world } = opened;
  await opened.read(people, [ann, cid, dan]);
  // The next one is on its way for longer than the first is waited for: it has no end yet.
  await world.fold([user(bob, nameOf(bob))], { lane: 'bulk', import: 'imp-next' });
  await world.fold([user(ann, nameOf(ann))], { lane: 'bulk', import: 'imp-next' });
  await opened.after(61);
  expect([opened.errors, opened.commands('full-import')]).toEqual([[], []]);
});

test('an import is not counted any more once a later one has been sent completely', async () => {
  const opened = await ImportWorld.open();
  await opened.read(people, [ann, cid, dan]);
  await opened.read(people, people);
  opened.world.now += 10_000;
  await opened.turns();
  const left = await lookAhead(opened.pipeline, { connector, partition: 'p01' });
  expect(left).toEqual({ due: [], nextAt: null });
  expect([opened.errors, opened.commands('full-import')]).toEqual([[], []]);
});

test('a part of a member list that does not arrive within an hour takes nobody out, and the group is read again', async () => {
  const opened = await ImportWorld.open();
  const { world } = opened;
  const club = keyIn('p01', 3);
  await world.fold([group(club, 'club', [ann, bob])]);
  await opened.turns();
  world.requests.length = 0;
  const list = world.version();
  const told = world.now;
  // Cid was added unseen, and the part of the list that tells of bob is lost.
  await world.fold(
    [{ ...memberChange(club, [cid]), links: { member: { added: [ann], removed: [], list } } }],
    { version: list, lane: 'bulk' },
  );
  const end = { ...world.envelope('p01'), kind: 'list-complete' as const };
  await foldListEnd(opened.pipeline, end, { key: club, attribute: 'member', version: list, total: 2 });
  await opened.turns();
  world.now = told + 50 * minuteMs;
  await opened.turns();
  expect([opened.errors, opened.commands('refresh')]).toEqual([[], []]);
  world.now = told + 61 * minuteMs;
  await opened.turns();
  expect(opened.errors).toMatchObject([{ key: club, expected: 2, seen: 1 }]);
  expect(opened.commands('refresh').map(({ payload }) => payload)).toEqual([{ requests: [{ key: club }] }]);
  expect(world.requests).toEqual([]);
  expect((await world.member(club, bob))?.applied).not.toBe(null);
});
