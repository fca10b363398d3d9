import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../cli/main.ts';
import type { Plan } from '../../../cli/plan/make-plan.ts';
import { planText } from '../../../cli/plan/plan-text.ts';
import { plain } from '../../../cli/text/paint.ts';
import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { group, keyIn, memberChange, user, type World } from '../pipeline-review/world.ts';
import { fakeIo } from './fake-io.ts';
import { newWorld, planCommand, planOf, publish, resolveContainer, rules, settle } from './plan-scene.ts';

const [ada, bob, cyd, dan, staff, crew] = [0, 1, 2, 3, 4, 5].map((n) => keyIn(`p0${n % 4}`, n)) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const every = [ada, bob, cyd, dan, staff, crew];
const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withAttributes = (change: ObjectChange, attributes: ObjectChange['attributes']): ObjectChange => ({
  ...change,
  attributes: { ...change.attributes, ...attributes },
});
const located = (key: string, name: string, attributes: ObjectChange['attributes'] = {}): ObjectChange =>
  withAttributes(user(key, name), { c: ['DE'], ...attributes });

/** Ada and Bob in the group staff, all of it in the cloud. */
async function linked(): Promise<World> {
  const world = newWorld();
  await publish(world, rules);
  await world.fold([located(ada, 'ada')]);
  await world.fold([located(bob, 'bob')]);
  await world.fold([group(staff, 'staff', [ada, bob])]);
  await settle(world, every);
  return world;
}

const textOf = (plan: Plan, limit = 50): string => planText(plan, limit, plain);
const findingOf = (plan: Plan, code: string) =>
  plan.head.summary.findings.find((finding) => finding.code === code);
const codesOf = (plan: Plan): readonly string[] => plan.head.summary.findings.map(({ code }) => code);

function ruleFile(text: string): string {
  const file = path.join(folder, 'rules.yaml');
  writeFileSync(file, text);
  return file;
}

describe('what is planned', () => {
  test('the rules in force over what they were carried out on: nothing to do', async () => {
    const plan = await planOf(await linked());
    expect(plan.objects).toEqual([]);
    expect(textOf(plan).split('\n')).toEqual([
      expect.stringMatching(
        /^Plan of rules [0-9a-f]{12} \(the rules in force, revision 1\) over 3 objects of corp$/,
      ),
      'Nothing to do: the cloud is as these rules want it.',
      'No write to Graph.',
    ]);
  });

  test('an object a block, with every value before and after, and the rule', async () => {
    const plan = await planOf(await linked(), rules.replace("'[title]'", `'"Boss"'`));
    expect(textOf(plan)).toContain(
      '~ user ada <ada@corp.example> update\n    ~ jobTitle null -> "Boss"\n    rule users.jobTitle\n',
    );
    expect(plan.head.summary).toMatchObject({
      objects: 3,
      bySign: { '+': 0, '~': 2, '-': 0, '!': 0 },
      byKind: { update: 2 },
      writes: 2,
      held: 0,
    });
  });

  test('references and members point to what the plan itself makes, by name', async () => {
    const world = await linked();
    await world.fold([located(dan, 'dan', { manager: [{ r: cyd }] })]);
    await world.fold([located(cyd, 'cyd')]);
    await world.fold([group(crew, 'crew', [dan])]);
    await world.fold([memberChange(staff, [cyd], [ada])]);
    const plan = await planOf(world);
    const text = textOf(plan);
    expect(text).toContain('    ~ manager nobody -> cyd <cyd@corp.example> (created by this plan)\n');
    expect(text).toContain('    + member dan <dan@corp.example> (created by this plan)\n');
    expect(text).toContain(
      '~ group staff <staff> remove-member, add-members\n    - member ada <ada@corp.example>\n    + member cyd <cyd@corp.example> (created by this plan)\n',
    );
    // Two users, a manager, two groups' members, one taken out, one group.
    expect(plan.head.summary.writes).toBe(7);
    expect(findingOf(plan, 'remove-member')?.examples).toEqual(['ada <ada@corp.example> of staff <staff>']);
  });

  test('who is in no cloud is not linked to, and told', async () => {
    const world = await linked();
    await world.fold([memberChange(staff, [cyd])]);
    const plan = await planOf(world);
    expect(plan.objects).toEqual([]);
    expect(findingOf(plan, 'waiting-links')?.text).toBe(
      '1 reference or membership waits for somebody who is not in the cloud',
    );
  });

  test('at most so many blocks, and how many more there are', async () => {
    const plan = await planOf(await linked(), rules.replace("'[title]'", `'"Boss"'`));
    expect(textOf(plan, 1)).toContain('\n… and 1 more object (--limit, --out, --html)\n');
    expect(textOf(plan, 1)).not.toContain('~ user bob');
    expect(textOf(plan, 0)).not.toContain('~ user');
  });

  test('members cost one write for twenty of them, and only the first few are shown', async () => {
    const world = newWorld();
    await world.fold([located(ada, 'ada')]);
    await world.fold([group(staff, 'staff')]);
    await settle(world, every);
    const users = Array.from({ length: 45 }, (_, n) => keyIn('p05', n));
    for (const [n, key] of users.entries()) await world.fold([located(key, `u${n}`)]);
    await settle(world, users);
    await world.fold([memberChange(staff, users)]);
    const plan = await planOf(world);
    expect(plan.head.summary).toMatchObject({ byKind: { 'add-member': 45 }, writes: 3 });
    expect(textOf(plan)).toContain('    + 35 more members\n');
  });

  test('values that are not to be shown are shown as [Redact], and chosen ones as such', async () => {
    const world = newWorld();
    await world.fold([located(ada, 'ada', { title: ['secret'] })]);
    const text = rules
      .replace("jobTitle: '[title]'", "jobTitle: 'Redact([title])'")
      .replace(
        "department: '[department]'",
        "employeeId: { value: 'RandomString(8,0,0,0,8,0)', apply: create }",
      );
    const plan = await planOf(world, text);
    expect(textOf(plan)).toContain('+ jobTitle "[Redact]"\n');
    expect(textOf(plan)).toContain('+ employeeId (chosen when it is made)\n');
    expect(JSON.stringify(textOf(plan))).not.toContain('secret');
  });
});

describe('what hurts', () => {
  test('suffixes that nobody is known to have verified come first', async () => {
    const world = await linked();
    await world.fold([located(cyd, 'cyd', { userPrincipalName: ['cyd@corp.local'] })]);
    const plan = await planOf(world);
    expect(codesOf(plan)[0]).toBe('unverified-suffix');
    expect(findingOf(plan, 'unverified-suffix')?.text).toMatch(
      /^1 user would get a principal name under corp\.local, .* \(known by what was written before: corp\.example;/,
    );
    const told = await planOf(world, rules, { domains: ['corp.local'] });
    expect(codesOf(told)).not.toContain('unverified-suffix');
  });

  test('two planned users with one name, and one with a name that another keeps', async () => {
    const world = await linked();
    await world.fold([located(cyd, 'cyd', { sAMAccountName: ['ADA'] })]);
    await world.fold([located(dan, 'dan', { userPrincipalName: ['cyd@corp.example'] })]);
    const plan = await planOf(world);
    expect(findingOf(plan, 'name-clash')).toMatchObject({ count: 2, weight: 'bad' });
    const examples = findingOf(plan, 'name-clash')?.examples.join('\n') ?? '';
    expect(examples).toMatch(/mailNickname ada: .*ada/i);
    expect(examples).toMatch(/userPrincipalName cyd@corp\.example: .*cyd.* and |and .*cyd/);
  });

  test('names that are swapped or passed on are no clash', async () => {
    const world = await linked();
    await world.fold([{ key: ada, attributes: { sAMAccountName: ['bob'] } }]);
    await world.fold([{ key: bob, attributes: { sAMAccountName: ['ada'] } }]);
    const plan = await planOf(world);
    expect(plan.head.summary.byKind).toEqual({ update: 2 });
    expect(codesOf(plan)).not.toContain('name-clash');
  });

  test('a name of several that are offered is no clash', async () => {
    const world = await linked();
    await world.fold([located(cyd, 'cyd', { sAMAccountName: ['ada'] })]);
    await world.fold([located(dan, 'dan', { sAMAccountName: ['ada'] })]);
    const offered =
      '{ value: \'SelectUniqueValue([sAMAccountName], Append([sAMAccountName], "2"))\', apply: create }';
    const text = rules.replace("mailNickname: '[sAMAccountName]'", `mailNickname: ${offered}`);
    const plan = await planOf(world, text);
    expect(plan.head.summary.byKind).toEqual({ create: 2 });
    expect(codesOf(plan)).not.toContain('name-clash');
    expect(codesOf(await planOf(world))).toContain('name-clash');
  });

  test('deletes, disables, who leaves and enters scope, and creations without usageLocation', async () => {
    const world = await linked();
    await world.fold([{ key: bob, deleted: true, attributes: {} }]);
    await world.fold([user(cyd, 'cyd')]);
    await settle(world, []);
    const narrower = rules.replace(
      "where: ['IsNullOrEmpty([info])']",
      `where: ['IIF([displayName] = "ada", "False", "True")']`,
    );
    const plan = await planOf(world, narrower);
    expect(codesOf(plan)).toEqual([
      'delete',
      'disable',
      'budget',
      'leaves-scope',
      'no-usage-location',
      'deleted-later',
    ]);
    expect(findingOf(plan, 'leaves-scope')).toMatchObject({
      text: '1 object leaves the scope of users',
      examples: ['ada <ada@corp.example>'],
    });
    expect(findingOf(plan, 'no-usage-location')?.text).toContain('though the rules map it');
    await publish(world, narrower, 2);
    const back = await planOf(world);
    expect(findingOf(back, 'enters-scope')?.examples).toEqual(['ada <ada@corp.example>']);
  });

  test('values that cannot be made, with the object and why', async () => {
    const world = await linked();
    await world.fold([{ key: ada, attributes: { c: ['Germany'] } }]);
    const plan = await planOf(world);
    expect(findingOf(plan, 'problem')?.text).toMatch(/^1 object: usageLocation: the value/);
    expect(textOf(plan)).toMatch(/! user ada .*\n {4}! usageLocation: the value/);
  });

  test('attributes that were never read are named, not taken for empty', async () => {
    const world = await linked();
    const plan = await planOf(world, rules.replace("'[department]'", "'[physicalDeliveryOfficeName]'"));
    expect(plan.objects).toEqual([]);
    expect(findingOf(plan, 'unread-attributes')).toMatchObject({
      count: 2,
      text: '2 objects wait for what was never read: physicalDeliveryOfficeName. Publishing makes the agent read just that',
    });
  });

  test('a container that nobody has looked up, and one that an earlier revision named', async () => {
    const world = newWorld();
    const [ou] = ['00ff'.repeat(8)];
    await world.fold([{ ...located(ada, 'ada'), ancestors: [ou] }]);
    await publish(world, rules);
    const scoped = rules.replace(
      "scope: { exclude: none, where: ['IsNullOrEmpty([info])'] }",
      'scope: { exclude: none, under: [{ dn: "OU=Staff,DC=corp,DC=example" }] }',
    );
    const unknown = await planOf(world, scoped);
    expect(unknown.objects).toEqual([]);
    expect(findingOf(unknown, 'unknown-container')?.text).toBe(
      'it is not known yet what lies under OU=Staff,DC=corp,DC=example: 1 object waits until the agent has looked it up, after publishing',
    );
    await resolveContainer(world, 'ou=staff,DC=corp,DC=example', ou, 1);
    expect((await planOf(world, scoped)).head.summary.byKind).toEqual({ create: 1 });
    // Gone again, as the agent said later.
    await resolveContainer(world, 'OU=Staff,DC=corp,DC=example', null, 3);
    expect((await planOf(world, scoped)).objects).toEqual([]);
  });

  test('members that the rules map for the first time are said to be read first', async () => {
    const world = newWorld();
    await publish(world, rules.replace('      members: { references: member }\n', ''));
    await world.fold([group(staff, 'staff')]);
    expect(findingOf(await planOf(world), 'new-links')?.text).toContain(
      'the agent reads member, primaryGroupID of all groups',
    );
  });

  test('a fragment is not planned, nor is what no sync wants any more', async () => {
    const world = await linked();
    await world.fold([{ key: cyd, class: 'user', attributes: { title: ['x'] } }]);
    const withoutGroups = rules.slice(0, rules.indexOf('  groups:'));
    const plan = await planOf(world, withoutGroups);
    expect(plan.objects).toEqual([]);
    expect(findingOf(plan, 'no-base')?.count).toBe(1);
    expect(findingOf(plan, 'no-rules')).toMatchObject({ count: 1, examples: ['staff <staff>'] });
  });
});

describe('the command', () => {
  test('reads only, and asks nobody', async () => {
    const world = await linked();
    const before = { ...world.tables.counts };
    const outcome = await planCommand(world, { rules: [ruleFile(rules.replace("'[title]'", `'"Boss"'`))] });
    expect(outcome.next).toBe('Nothing was written to the cloud or to the state.');
    expect(outcome.exitCode).toBeUndefined();
    expect(world.tables.counts.transact).toBe(before.transact);
  });

  test('--json has the summary, and the operations of as many objects as --limit says', async () => {
    const world = await linked();
    const file = ruleFile(rules.replace("'[title]'", `'"Boss"'`));
    const { data } = await planCommand(world, { rules: [file], limit: 1 });
    expect(data).toMatchObject({
      connectors: ['corp'],
      rules: { files: ['rules.yaml'] },
      base: { revision: 1 },
      summary: { objects: 3, byKind: { update: 2 } },
      operations: [{ kind: 'update', label: 'ada <ada@corp.example>', rules: ['users.jobTitle'] }],
      isWhole: false,
    });
  });

  test('the writes take as long as the quota says', async () => {
    const world = await linked();
    const file = ruleFile(rules.replace("'[title]'", `'"Boss"'`));
    const seconds = async (env: Record<string, string>): Promise<unknown> => {
      const { data } = await planCommand(world, { rules: [file] }, env);
      return (data as { summary: { seconds: number } }).summary.seconds;
    };
    expect(await seconds({})).toBe(0);
    const bucket = { tokens: 0, at: world.now, blockedUntil: world.now + 60_000, promised: {} };
    await world.tables.transact('Quota', 'app|tenant', [
      { kind: 'upsert', rowKey: 'graph-writes', content: { data: bucket } },
    ]);
    expect(await seconds({})).toBe(61);
    // Two writes at twenty in 150 seconds.
    expect(await seconds({ DIRBRIDGE_GRAPH_WRITES_PER_150S: '20' })).toBe(75);
  });

  test('rules that do not compile are told as "rules validate" tells them', async () => {
    const io = fakeIo();
    const file = ruleFile(rules.replace("'[title]'", "'[title'"));
    expect(await runCommand(['plan', '--rules', file], io)).toBe(1);
    expect(io.out.join('')).toMatch(/rules\.yaml:\d+:\d+ {2}/);
  });

  test('an unknown source, no settings and no rules are wrong usage', async () => {
    const world = await linked();
    await expect(planCommand(world, { rules: [ruleFile(rules)], connector: 'crop' })).rejects.toThrow(
      '--connector crop: these rules read corp',
    );
    expect(await runCommand(['plan', '--rules', ruleFile(rules)], fakeIo())).toBe(2);
    expect(await runCommand(['plan'], fakeIo())).toBe(2);
  });

  test('where nothing has been read yet it says what to do', async () => {
    const empty = newWorld();
    await expect(planCommand(empty, { rules: [ruleFile(rules)] })).rejects.toMatchObject({
      code: 'NOTHING_STAGED',
      exitCode: 1,
      action: expect.stringContaining('Publish rules first') as string,
    });
    await publish(empty, rules);
    await expect(planCommand(empty, { rules: [ruleFile(rules)] })).rejects.toMatchObject({
      action: expect.stringContaining('Is an agent trusted') as string,
    });
  });
});
