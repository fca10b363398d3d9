import { expect, test } from 'vitest';
import { commandContext, type CommandContext, type Reading } from '../../../cli/command-context.ts';
import { explain } from '../../../cli/commands/explain.ts';
import type { Explanation } from '../../../cli/explain/explanation.ts';
import type { CommandError } from '../../../cli/command-error.ts';
import { guidBytesFromKey, guidTextFromKey } from '../../../shared/model/guid.ts';
import type { TableStore } from '../../../shared/ports/table-store.ts';
import {
  containersRowKey,
  latestRowKey,
  revisionRowKey,
  rulesPartition,
} from '../../../shared/state/rule-rows.ts';
import {
  group,
  keyIn,
  memberChange,
  refusal,
  rulesText,
  user,
  World,
  type WorldOptions,
} from '../pipeline-review/world.ts';
import { fakeIo } from './fake-io.ts';

const ada = keyIn('p07', 0);
const bob = keyIn('p07', 1);
const club = keyIn('p07', 2);
const stranger = keyIn('p09', 0);
const where = 'IsNullOrEmpty([info])';

const withManager = (text: string): string =>
  text.replace(
    "      jobTitle: '[title]'\n",
    "      jobTitle: '[title]'\n      manager: { reference: manager }\n",
  );

async function worldWith(options: WorldOptions = {}): Promise<World> {
  const turn = options.rules ?? ((text) => text);
  const world = new World(options);
  const text = turn(rulesText.replace('BUDGET', String(options.disableBudget ?? 50)));
  await world.tables.transact('Rules', rulesPartition, [
    { kind: 'upsert', rowKey: latestRowKey, content: { data: { revision: 1, hash: 'h', generation: 1 } } },
    {
      kind: 'upsert',
      rowKey: revisionRowKey(1),
      content: {
        data: {
          revision: 1,
          hash: 'h',
          files: [{ name: 'rules.yaml', text }],
          publishedAt: 0,
          publishedBy: 'me',
        },
      },
    },
    { kind: 'upsert', rowKey: containersRowKey('corp', 1), content: { data: { containers: [] } } },
  ]);
  return world;
}

interface Answer {
  readonly found: readonly Explanation[];
  readonly requests: number;
  readonly text: string;
}

async function ask(world: World, who: string, attribute?: string): Promise<Answer> {
  const { counted, reading } = counting(world.tables);
  const context: CommandContext = {
    ...commandContext({ ...fakeIo(), now: () => world.now }),
    tables: () => reading,
  };
  const { data, text } = await explain(context, who, attribute, {});
  const answer = data as { found: readonly Explanation[]; requests: number };
  expect(counted.scans).toBe(0);
  expect(answer.requests).toBeGreaterThan(0);
  expect(counted.rows, 'rows that were looked up or ranged over').toBeLessThanOrEqual(20);
  expect(answer.requests).toBeLessThanOrEqual(20);
  return { ...answer, text };
}

/** Counts by itself: what the command says of its requests is not taken on trust. */
function counting(tables: TableStore) {
  const counted = { rows: 0, scans: 0 };
  const reading: Reading = {
    get(...args) {
      counted.rows += 1;
      return tables.get(...args);
    },
    getMany(...args) {
      counted.rows += args[2].length;
      return tables.getMany(...args);
    },
    range(...args) {
      counted.rows += 1;
      return tables.range(...args);
    },
    scan(...args) {
      counted.scans += 1;
      return tables.scan(...args);
    },
  };
  return { counted, reading };
}

const codes = ({ found }: Answer): readonly string[] => found[0]?.why.map(({ code }) => code) ?? [];
const flow = ({ found }: Answer, target: string) => found[0]?.flows.find((one) => one.target === target);

/** Ada with a title is in the cloud. */
async function settledWorld(options: WorldOptions = {}): Promise<World> {
  const world = await worldWith(options);
  const attributes = { ...user(ada, 'ada').attributes, title: ['Engineer'] };
  await world.fold([user(ada, 'ada', { attributes })]);
  await world.turns('p07');
  return world;
}

test.each([
  ['its principal name, in whatever case', 'ADA@corp.example'],
  ['its DN, in whatever spelling', 'cn=Ada, DC=Corp,DC=example'],
  ['its account name', 'ada'],
  ['its account name with a domain', String.raw`CORP\ada`],
  ['its key', ada],
  ['its objectGUID', `{${guidTextFromKey(ada)}}`],
  ['its anchor', Buffer.from(guidBytesFromKey(ada)).toString('base64')],
])('an object is found by %s', async (_what, who) => {
  const world = await settledWorld();
  const answer = await ask(world, who);
  expect(answer.found.map(({ key, isFormer }) => [key, isFormer])).toEqual([[ada, false]]);
});

test('an object is found by its id in the cloud', async () => {
  const id = '6f9619ff-8b86-d011-b42d-00c04fc964ff';
  const world = await worldWith();
  world.intercept = (request) =>
    request.method === 'POST' && request.path === '/users'
      ? { id: request.id, ok: true, requestId: null, status: 201, body: { id } }
      : null;
  await world.fold([user(ada, 'ada')]);
  await world.turns('p07');
  expect((await ask(world, id)).found.map(({ key }) => key)).toEqual([ada]);
});

test('an object is found by a principal name that only the cloud gave it', async () => {
  const world = await settledWorld({
    rules: (text) =>
      text.replace(
        "userPrincipalName: '[userPrincipalName]'",
        `userPrincipalName: 'Append([sAMAccountName], "@cloud.example")'`,
      ),
  });
  expect((await ask(world, 'ada@cloud.example')).found.map(({ key }) => key)).toEqual([ada]);
});

test('an object that was renamed is found by both names, and the former is called so', async () => {
  const world = await settledWorld();
  await world.fold([{ key: ada, dn: 'CN=Countess,DC=corp,DC=example', attributes: {} }]);
  await world.turns('p07');
  expect((await ask(world, 'CN=Countess,DC=corp,DC=example')).found[0]?.isFormer).toBe(false);
  const former = await ask(world, 'CN=ada,DC=corp,DC=example');
  expect(former.found[0]).toMatchObject({ key: ada, isFormer: true });
  expect(former.text).toContain('it had the name that was asked for, and has it no more');
});

test('what is settled is told so, with values, versions, flows and the last operations', async () => {
  const world = await settledWorld();
  const answer = await ask(world, 'ada@corp.example');
  expect(codes(answer)).toEqual(['settled']);
  expect(answer.found[0]).toMatchObject({
    sync: 'users',
    class: 'user',
    cloud: { id: 'u-ada', state: 'live' },
    revision: { inForce: 1, plannedWith: 1 },
    scope: [{ clause: `where ${where}`, passed: true }],
  });
  expect(flow(answer, 'jobTitle')).toMatchObject({
    sync: 'users',
    losers: [],
    rule: '[title]',
    outcome: { kind: 'value', value: 'Engineer', at: 'always' },
    applied: 'Engineer',
    isPending: false,
  });
  expect(answer.found[0]?.source.find(({ attribute }) => attribute === 'title')).toMatchObject({
    values: ['Engineer'],
    version: expect.stringMatching(/\d/) as unknown,
  });
  expect(answer.found[0]?.journal.map(({ operation, outcome }) => [operation.kind, outcome])).toEqual([
    ['create', 'success'],
  ]);
});

test('the last operations are the latest five, with what Graph answered', async () => {
  const world = await settledWorld();
  for (const title of ['1', '2', '3', '4', '5']) {
    world.now += 60_000;
    await world.fold([{ key: ada, attributes: { title: [title] } }]);
    await world.turns('p07');
  }
  world.intercept = (request) =>
    request.method === 'PATCH'
      ? refusal(request, {
          code: 'GRAPH_INVALID_VALUE',
          status: 400,
          message: 'too long',
          targets: ['jobTitle'],
        })
      : null;
  await world.fold([{ key: ada, attributes: { title: ['6'] } }]);
  await world.turns('p07', world.pipeline, 1);
  const answer = await ask(world, ada);
  const lines = answer.found[0]?.journal ?? [];
  expect(lines).toHaveLength(5);
  expect(lines.map(({ outcome }) => outcome)).toEqual([
    'success',
    'success',
    'success',
    'success',
    'failure',
  ]);
  expect(lines.at(-1)).toMatchObject({ code: 'GRAPH_INVALID_VALUE', message: 'too long' });
  expect(codes(answer)).toContain('refused');
  expect(answer.found[0]?.why[0]?.what).toContain('too long (jobTitle)');
  expect(flow(answer, 'jobTitle')).toMatchObject({ applied: '5', isPending: true });
});

test('one attribute: the flows that write or read it, and what they read', async () => {
  const world = await settledWorld();
  const answer = await ask(world, ada, 'title');
  expect(answer.found[0]?.flows.map(({ target }) => target)).toEqual(['jobTitle']);
  expect(answer.found[0]?.source.map(({ attribute }) => attribute)).toEqual(['title']);
  expect((await ask(world, ada, 'jobtitle')).found[0]?.flows.map(({ target }) => target)).toEqual([
    'jobTitle',
  ]);
  expect((await ask(world, ada, 'nosuch')).text).toContain('no flow writes or reads nosuch');
});

test('out of scope: every clause with its verdict, and which one it was', async () => {
  const world = await worldWith();
  const attributes = { ...user(ada, 'ada').attributes, info: ['contractor'] };
  await world.fold([user(ada, 'ada', { attributes })]);
  await world.turns('p07');
  const answer = await ask(world, ada);
  expect(codes(answer)).toEqual(['out-of-scope']);
  expect(answer.found[0]?.why[0]?.what).toBe(`out of scope: where ${where}`);
  expect(answer.found[0]?.scope).toEqual([{ clause: `where ${where}`, passed: false }]);
  expect(answer.text).toContain(`✗ where ${where}`);
});

test('deleted at its source: what became of the cloud object', async () => {
  const world = await settledWorld();
  await world.fold([{ key: ada, deleted: true, attributes: {} }]);
  await world.turns('p07');
  const answer = await ask(world, ada);
  expect(codes(answer).slice(0, 2)).toEqual(['deleted', 'leaving']);
  expect(answer.text).toContain('its cloud object is still there, disabled');
});

test('held: by which rule of caution, and how to decide', async () => {
  const world = await settledWorld({ disableBudget: 0 });
  await world.fold([{ key: ada, attributes: { userAccountControl: ['514'] } }]);
  await world.turns('p07');
  const answer = await ask(world, ada);
  expect(codes(answer)[0]).toBe('held');
  expect(answer.found[0]?.why[0]?.action).toContain(
    `dirbridge holds approve ${answer.found[0]?.holds[0]?.hash ?? ''}`,
  );
  expect(answer.found[0]?.journal.at(-1)).toMatchObject({ outcome: 'held', operation: { kind: 'disable' } });
});

test('planned and not written, since the mode leaves it', async () => {
  const world = await worldWith({ mode: 'plan' });
  await world.fold([user(ada, 'ada')]);
  await world.turns('p07');
  const answer = await ask(world, ada);
  expect(codes(answer)).toEqual(['plan-mode']);
  expect(answer.found[0]?.journal.map(({ outcome }) => outcome)).toEqual(['planned']);
  expect(flow(answer, 'displayName')).toMatchObject({ applied: undefined, isPending: true });
});

test('a manager who is not in the cloud is waited for, by name', async () => {
  const world = await worldWith({ rules: withManager });
  const attributes = { ...user(ada, 'ada').attributes, manager: [{ r: stranger }] };
  await world.fold([user(ada, 'ada', { attributes })]);
  await world.turns('p07');
  const unread = await ask(world, ada);
  expect(codes(unread)).toContain('reference-waits');
  expect(unread.text).toContain(`manager waits for object ${stranger}, which was never read`);
  const outside = { ...user(stranger, 'sam').attributes, info: ['outside'] };
  await world.fold([user(stranger, 'sam', { attributes: outside })]);
  await world.turns('p09');
  expect((await ask(world, ada)).text).toContain(
    'manager waits for sam <sam@corp.example> to be in the cloud',
  );
});

test('members that wait are counted', async () => {
  const world = await worldWith();
  await world.fold([group(club, 'club', [bob, stranger])]);
  await world.turns('p07');
  const answer = await ask(world, club);
  expect(codes(answer)).toContain('members-wait');
  expect(answer.found[0]?.members).toEqual({ ready: 0, waiting: 2, held: 0 });
  await world.fold([memberChange(club, [], [bob])]);
  await world.turns('p07');
  expect((await ask(world, club)).found[0]?.members?.waiting).toBe(1);
});

test('fragments are not judged, and attributes that were never read are named', async () => {
  const world = await worldWith();
  await world.fold([{ key: ada, attributes: { title: ['x'] } }]);
  await world.turns('p07', world.pipeline, 1);
  expect(codes(await ask(world, ada))[0]).toBe('incomplete');
  await world.fold([user(bob, 'bob')], { asked: ['displayName', 'sAMAccountName', 'userPrincipalName'] });
  await world.turns('p07', world.pipeline, 1);
  const answer = await ask(world, bob);
  expect(codes(answer)[0]).toBe('never-captured');
  expect(answer.found[0]?.why[0]?.what).toContain('info');
});

test('a class that no sync wants', async () => {
  const world = await worldWith();
  await world.fold([user(ada, 'pc', { class: 'computer' })]);
  await world.turns('p07');
  const answer = await ask(world, ada);
  expect(codes(answer)).toEqual(['no-sync']);
  expect(answer.text).toContain('class computer');
});

test('what was never read is told so, with the latest import', async () => {
  const world = await settledWorld();
  const answer = await ask(world, 'nobody@corp.example');
  expect(answer.found).toEqual([]);
  expect(answer.text).toContain('nobody@corp.example was never read');
  expect(answer.text).toContain('no import of corp has been complete yet');
});

test('a value that is redacted is shown nowhere', async () => {
  const world = await settledWorld({ rules: (text) => text.replace("'[title]'", "'Redact([title])'") });
  const answer = await ask(world, ada);
  expect(flow(answer, 'jobTitle')).toMatchObject({ outcome: { value: '[Redact]' }, applied: '[Redact]' });
  expect(answer.text).not.toContain('Engineer');
  expect(JSON.stringify(answer.found)).not.toContain('Engineer');
});

test.each([
  ['is out of scope', { info: ['external'] }],
  ['has one that does not fit', { title: [`Engineer${'x'.repeat(128)}`] }],
])('a value that is redacted is shown nowhere, also of somebody who %s', async (_who, attributes) => {
  const world = await settledWorld({ rules: (text) => text.replace("'[title]'", "'Redact([title])'") });
  await world.fold([{ key: ada, attributes }]);
  const answer = await ask(world, ada);
  expect(flow(answer, 'jobTitle')).toMatchObject({ applied: '[Redact]' });
  expect(answer.text).not.toContain('Engineer');
  expect(JSON.stringify(answer.found)).not.toContain('Engineer');
});

test('nobody is named, or a source that is not there: wrong usage', async () => {
  const world = await settledWorld();
  await expect(ask(world, ' ')).rejects.toSatisfy((error) => (error as CommandError).exitCode === 2);
  const context: CommandContext = {
    ...commandContext({ ...fakeIo(), now: () => world.now }),
    tables: () => world.tables,
  };
  await expect(explain(context, 'ada', undefined, { connector: 'crop' })).rejects.toThrow(
    'there is no source connector crop',
  );
});
