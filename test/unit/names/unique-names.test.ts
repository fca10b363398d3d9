import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../shared/rules/compile-rules.ts';
import { targetProperties } from '../../../shared/rules/target-properties.ts';
import { uniqueProperties } from '../../../shared/state/name-claim.ts';
import type { JournalEntry } from '../../../shared/state/journal-entry.ts';
import { keyIn, Killed, rulesText, refusal } from '../pipeline-review/world.ts';
import { NamesWorld } from './names-world.ts';

const [ada, cyd, dan, eve] = [keyIn('p01', 0), keyIn('p02', 0), keyIn('p03', 0), keyIn('p01', 1)];

const offering = (text: string): string =>
  text
    .replace(
      "userPrincipalName: '[userPrincipalName]'",
      `userPrincipalName: { value: 'SelectUniqueValue(Append([displayName], "@corp.example"), Append([displayName], "2@corp.example"), Append([displayName], "3@corp.example"))', apply: create }`,
    )
    .replace(
      "mailNickname: '[sAMAccountName]'",
      `mailNickname: { value: 'SelectUniqueValue([displayName], Append([displayName], "2"), Append([displayName], "3"))', apply: create }`,
    );

/** A user of that first name. */
const create = (names: NamesWorld, key: string, name: string): Promise<void> => names.create(key, name);
const upn = (name: string): string => `${name}@corp.example`;

async function journalOf(names: NamesWorld): Promise<JournalEntry[]> {
  return (await names.world.journal()).map(({ data }) => data as JournalEntry);
}

/** Somebody of the cloud alone. */
function stranger(names: NamesWorld, name: string): void {
  const values = { userPrincipalName: upn(name), mailNickname: name };
  names.users.set(`x-${name}`, { id: `x-${name}`, anchor: '', values, isDeleted: false });
}

describe('a name of which several are offered', () => {
  test('is the first that nobody of ours has, and no request is refused for it', async () => {
    const names = new NamesWorld(offering);
    for (const [key, name] of [
      [ada, 'ada'],
      [cyd, 'Ada'],
      [dan, 'ADA'],
    ] as const) {
      await create(names, key, name);
      await names.drive(1_000);
    }
    expect(await Promise.all([ada, cyd, dan].map((key) => names.nameOf(key)))).toEqual(
      ['ada', 'Ada2', 'ADA3'].map(upn),
    );
    expect(await names.nameOf(cyd, 'mailNickname')).toBe('Ada2');
    expect(names.refusals).toBe(0);
    expect((await names.world.object(dan))?.passedOver).toBeUndefined();
  });

  test('goes to one of those who are made at the same time', async () => {
    const names = new NamesWorld(offering);
    for (const key of [ada, cyd, dan]) await create(names, key, 'ada');
    await names.drive(20_000, { atOnce: true });
    const given = await Promise.all([ada, cyd, dan].map((key) => names.nameOf(key)));
    expect(given.toSorted()).toEqual(['ada', 'ada2', 'ada3'].map(upn).toSorted());
  });

  test('is the next one where the cloud says that somebody has it, and the refusal stands in the journal', async () => {
    const names = new NamesWorld(offering);
    stranger(names, 'ada');
    await create(names, ada, 'ada');
    await names.drive(5_000);
    expect(await names.nameOf(ada)).toBe(upn('ada2'));
    expect(await names.nameOf(ada, 'mailNickname')).toBe('ada2');
    const outcomes = (await journalOf(names)).map(({ outcome, code }) => [outcome, code]);
    expect(outcomes).toEqual([
      ['failure', 'GRAPH_CONFLICT'],
      ['failure', 'GRAPH_CONFLICT'],
      ['success', null],
    ]);
    expect(await names.quarantined(ada)).toBeUndefined();
    expect((await names.world.object(ada))?.passedOver).toBeUndefined();
  });

  test('stays when others go, when its source is renamed, and when rules are published', async () => {
    const names = new NamesWorld(offering);
    await create(names, ada, 'ada');
    await names.drive(1_000);
    await create(names, cyd, 'ada');
    await names.drive(130_000);
    await names.tombstone(ada);
    await names.fold({ key: cyd, attributes: { displayName: ['cyd'] } });
    names.world.revision += 1;
    await names.drive(130_000);
    expect(await names.nameOf(cyd)).toBe(upn('ada2'));
    expect(names.users.get((await names.world.object(cyd))?.link?.cloudId ?? '')?.values['displayName']).toBe(
      'cyd',
    );
  });

  test('is missing where all are taken: a person is told, no request is sent, and later it is tried anew', async () => {
    const names = new NamesWorld(offering);
    for (const name of ['ada', 'ada2', 'ada3']) stranger(names, name);
    await create(names, eve, 'ada');
    await names.drive(20_000);
    expect(await names.quarantined(eve)).toMatchObject({
      code: 'RULE_VALUE',
      message: expect.stringContaining('every value that SelectUniqueValue offers is taken') as string,
    });
    const before = names.world.requests.length;
    await names.drive(20_000);
    expect(names.world.requests).toHaveLength(before);
    names.users.delete('x-ada2');
    await names.drive(600_000);
    expect(await names.nameOf(eve)).toBe(upn('ada2'));
    expect(await names.quarantined(eve)).toBeUndefined();
  });

  test.each(['before', 'after'] as const)(
    'dying %s the creation took effect, it is the same',
    async (when) => {
      const names = new NamesWorld(offering);
      await create(names, ada, 'ada');
      await names.drive(1_000);
      await create(names, cyd, 'ada');
      const cloud = names.world.intercept;
      const sent: unknown[] = [];
      names.world.intercept = async (request) => {
        if (request.method !== 'POST') return cloud(request);
        sent.push((request.body as Record<string, unknown>)['userPrincipalName']);
        if (when === 'after') await cloud(request);
        names.world.intercept = cloud;
        throw new Killed();
      };
      await expect(names.drive(1_000)).rejects.toThrow(Killed);
      await names.drive(120_000);
      expect(sent).toEqual([upn('ada2')]);
      expect([...names.users.values()].map(({ values }) => values['userPrincipalName'])).toEqual(
        ['ada', 'ada2'].map(upn),
      );
    },
  );

  test('a refusal of something else is not put down to it', async () => {
    const names = new NamesWorld(offering);
    const cloud = names.world.intercept;
    names.world.intercept = (request) =>
      request.method === 'POST'
        ? refusal(request, {
            code: 'GRAPH_CONFLICT',
            status: 409,
            targets: ['proxyAddresses'],
            message: 'taken',
          })
        : cloud(request);
    await create(names, ada, 'ada');
    await names.drive(20_000);
    expect(await names.quarantined(ada)).toMatchObject({ code: 'GRAPH_CONFLICT' });
    expect(names.world.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

const problemsOf = (text: string): unknown => {
  const compiled = compileRules([{ name: 'a.yaml', text: text.replace('BUDGET', '50') }]);
  return compiled.ok
    ? compiled.warnings.map(({ code }) => code)
    : compiled.problems.map(({ message }) => message);
};

test('it is for the names that are claimed, in flows of users', () => {
  const claimed = targetProperties.filter(({ isUnique }) => isUnique).map((one) => [one.class, one.path]);
  expect(claimed.toSorted()).toEqual(uniqueProperties.map((path) => ['user', path]).toSorted());
  expect(problemsOf(offering(rulesText))).toEqual([]);
  const message =
    'SelectUniqueValue is for mailNickname and userPrincipalName of users: only their values are looked for among all users';
  expect(problemsOf(rulesText.replace("'[title]'", `'SelectUniqueValue([title], "x")'`))).toEqual([message]);
  expect(
    problemsOf(
      rulesText.replace("'[sAMAccountName]', apply", `'SelectUniqueValue([sAMAccountName], "x")', apply`),
    ),
  ).toEqual([message]);
  expect(
    problemsOf(rulesText.replace('IsNullOrEmpty([info])', 'SelectUniqueValue([info], "x") = "x"')),
  ).not.toEqual([]);
  expect(
    problemsOf(
      rulesText.replace("'[userPrincipalName]'", `'SelectUniqueValue([userPrincipalName], [mail])'`),
    ),
  ).toEqual(['chosen-at-creation']);
});
