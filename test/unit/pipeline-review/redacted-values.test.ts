import { expect, test } from 'vitest';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import { hideRedacted } from '../../../shared/plan/hide-redacted.ts';
import { operationHash, shownOperation, type Operation } from '../../../shared/plan/operation.ts';
import type { JournalEntry } from '../../../shared/state/journal-entry.ts';
import { keyIn, refusal, user, World } from './world.ts';

const ada = keyIn('p01', 0);
const pin = 'pin-4711';

const redacting = (text: string): string =>
  text
    .replace("jobTitle: '[title]'", "jobTitle: '[title]'\n      employeeId: 'Redact([employeeID])'")
    .replace(
      'blank: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }',
      'blank: { max: 0, percent: 0, per: P1D }',
    );

/** The app, and everything that it tells people: journal, holds, quarantine and log. */
class TellingWorld extends World {
  readonly #lines: unknown[] = [];
  readonly app: Pipeline;

  constructor() {
    super({ rules: redacting });
    const tell = (message: string, fields?: unknown): void => void this.#lines.push([message, fields]);
    this.app = { ...this.pipeline, log: { debug: tell, info: tell, warn: tell, error: tell } };
  }

  async told(): Promise<string> {
    const rows: unknown[] = [...this.#lines];
    for (const table of ['Journal', 'Holds', 'Quarantine'] as const)
      for await (const row of this.tables.scan(table, { fromPartition: '', toPartition: '~' }))
        rows.push(row);
    return JSON.stringify(rows);
  }

  async operations(): Promise<Operation[]> {
    return (await this.journal()).map(({ data }) => (data as JournalEntry).operation);
  }
}

async function linked(): Promise<TellingWorld> {
  const world = new TellingWorld();
  const { attributes, ...person } = user(ada, 'ada');
  await world.fold([{ ...person, attributes: { ...attributes, employeeID: [pin] } }]);
  await world.turns('p01', world.app);
  world.now += 130_000;
  return world;
}

test('a redacted value reaches the cloud and nothing that is told', async () => {
  const world = await linked();
  expect(world.requests.at(-1)?.body).toMatchObject({ employeeId: pin });
  await world.fold([{ key: ada, attributes: { employeeID: ['pin-4712'], title: ['Countess'] } }]);
  await world.turns('p01', world.app);
  expect(world.requests.at(-1)?.body).toMatchObject({ employeeId: 'pin-4712', jobTitle: 'Countess' });
  expect(await world.operations()).toMatchObject([
    { kind: 'create', values: { employeeId: '[Redact]', displayName: 'ada' } },
    {
      kind: 'update',
      changes: {
        employeeId: { before: '[Redact]', after: '[Redact]' },
        jobTitle: { before: null, after: 'Countess' },
      },
    },
  ]);
  const told = await world.told();
  expect(told).toContain('Countess');
  expect(told).not.toContain('pin-47');
});

test('what plan mode tells of it is the same', async () => {
  const world = new TellingWorld();
  const { attributes, ...person } = user(ada, 'ada');
  await world.fold([{ ...person, attributes: { ...attributes, employeeID: [pin] } }]);
  await world.turns('p01', { ...world.app, mode: 'plan' });
  expect(await world.operations()).toMatchObject([{ kind: 'create', values: { employeeId: '[Redact]' } }]);
  expect(await world.told()).not.toContain(pin);
});

test('that it would be emptied is told, held and approved by its hash', async () => {
  const world = await linked();
  await world.fold([{ key: ada, attributes: { employeeID: [] } }]);
  await world.turns('p01', world.app);
  expect((await world.operations()).at(-1)).toMatchObject({
    changes: { employeeId: { before: '[Redact]', after: null } },
  });
  expect(await world.told()).not.toContain(pin);
  const hash = (await world.object(ada))?.holds[0] ?? '';
  const row = await world.tables.get('Holds', 'corp', hash);
  const hold = { ...(row?.data as Hold), status: 'approved', decidedAt: world.now, decidedBy: 'ann' };
  await world.tables.transact('Holds', 'corp', [
    { kind: 'upsert', rowKey: hash, content: { data: hold, tags: {} } },
  ]);
  await world.fold([{ key: ada, attributes: { title: ['Countess'] } }]);
  await world.turns('p01', world.app);
  expect(world.requests.at(-1)?.body).toEqual({ employeeId: null, jobTitle: 'Countess' });
});

test('a refusal that quotes it is told without it', async () => {
  const world = await linked();
  world.intercept = (request) =>
    request.method === 'PATCH'
      ? refusal(request, {
          code: 'GRAPH_INVALID_VALUE',
          status: 400,
          targets: ['employeeId'],
          message: "Invalid value 'pin-4712' specified for property 'employeeId'.",
        })
      : null;
  await world.fold([{ key: ada, attributes: { employeeID: ['pin-4712'] } }]);
  await world.turns('p01', world.app);
  const told = await world.told();
  expect(told).toContain("Invalid value '[Redact]' specified for property 'employeeId'.");
  expect(told).not.toContain('pin-47');
});

const create = (employeeId: unknown): Operation => ({
  ...{ kind: 'create', key: ada, cloudClass: 'user', anchor: 'a', reasons: [] },
  ...{ values: { employeeId, displayName: 'Ada' }, redacted: ['employeeId'] },
});
const update = (before: unknown, after: unknown): Operation => ({
  ...{ kind: 'update', key: ada, cloudClass: 'user', cloudId: 'u', reasons: [] },
  changes: { employeeId: { before, after, isRedacted: true } },
});

test('the hash of an operation, which is printed, does not give a short value away', () => {
  expect(operationHash(create('1'))).toBe(operationHash(create('2')));
  expect(operationHash(update('1', '2'))).toBe(operationHash(update('2', '3')));
  const kinds = [update('1', '2'), update(null, '2'), update('1', null), update(null, null)];
  expect(new Set(kinds.map(operationHash)).size).toBe(4);
  expect(shownOperation(update(['a', 'b'], []))).toMatchObject({
    changes: { employeeId: { before: '[Redact]', after: [] } },
  });
});

test.each([
  ['The value M is not allowed for Mary.', 'M', 'The value [Redact] is not allowed for Mary.'],
  ['taken: ADA@x.org', 'ada@x.org', 'taken: [Redact]'],
  ['(a+b)-c is wrong', '(a+b)-c', '[Redact] is wrong'],
  ['nothing is quoted', '', 'nothing is quoted'],
])('%s', (message, value, expected) => {
  expect(hideRedacted(message, [create(value)])).toBe(expected);
});
