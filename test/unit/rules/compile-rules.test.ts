import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureNeeds } from '../../../shared/rules/capture-needs.ts';
import { compileRules } from '../../../shared/rules/compile-rules.ts';
import type { RuleProblem } from '../../../shared/rules/rule-problem.ts';
import { rulesOf } from './support/staged.ts';

const good = `version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[name]'
      accountEnabled: '"True"'
`;
const flow = (line: string): string => `${good}      ${line}\n`;

function problemsOf(...texts: readonly string[]): readonly RuleProblem[] {
  const result = compileRules(texts.map((text, index) => ({ name: `${'ab'.charAt(index)}.yaml`, text })));
  return result.ok ? [] : result.problems;
}

/** Line and column of the first occurrence of some text, so that cases say what is marked and not a number. */
function placeOf(text: string, mark: string): { line: number; column: number } {
  const offset = text.indexOf(mark);
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

describe('a wrong rule file', () => {
  const cases: readonly (readonly [
    name: string,
    text: string,
    mark: string,
    message: RegExp,
    hint: RegExp | null,
  ])[] = [
    [
      'unknown key',
      flow('mail: { value: "[mail]", whenNul: keep }'),
      'whenNul',
      /unknown key "whenNul"/,
      /whenNull/,
    ],
    ['unknown section', `${good}conectors: {}\n`, 'conectors:', /unknown key "conectors"/, /connectors/],
    [
      'misspelt key tells one thing',
      good.replace('from: { connector', 'from: { conector'),
      'conector',
      /unknown key/,
      /"connector"/,
    ],
    ['unquoted attribute', flow('givenName: [givenName]'), '[givenName]', /YAML list/, /'\[givenName\]'/],
    ['unquoted attribute in value', flow('mail: { value: [mail] }'), '[mail] }', /YAML list/, /'\[mail\]'/],
    ['unquoted boolean', flow('surname: True'), 'True\n', /YAML boolean/, /'"True"'/],
    [
      'unknown target',
      flow("givenNam: '[givenName]'"),
      'givenNam:',
      /no writable property givenNam/,
      /givenName/,
    ],
    [
      'extension attribute',
      flow("extensionAttribute3: '[x]'"),
      'extensionAttribute3',
      /no writable/,
      /onPremisesExtensionAttributes\.extensionAttribute3/,
    ],
    [
      'refused target',
      flow("employeeHireDate: '[x]'"),
      'employeeHireDate',
      /cannot be a target/,
      /application cannot update/,
    ],
    [
      'anchor as target',
      flow("onPremisesImmutableId: '[x]'"),
      'onPremisesImmutableId',
      /cannot be a target/,
      /anchor/,
    ],
    ['group property of a user', flow("description: '[x]'"), 'description', /no writable property/, null],
    [
      'manager as value',
      flow("manager: '[manager]'"),
      'manager:',
      /takes a reference/,
      /\{ reference: manager \}/,
    ],
    ['members of a user', flow('members: { references: member }'), 'members', /cannot take references/, null],
    ['member in an expression', flow("jobTitle: '[member]'"), "'[member]'", /one by one/, null],
    [
      'operator of the connect dialect',
      flow("jobTitle: '[title] & [x]'"),
      '& [x]',
      /unexpected &/,
      /connect dialect/,
    ],
    [
      'function of the other dialect',
      flow("jobTitle: { value: 'Append([title], [x])', dialect: connect }"),
      'Append',
      /no function Append/,
      null,
    ],
    [
      'misspelt parameter',
      `${flow("mail: { value: '[x] & %UpnSufix%', dialect: connect }")}parameters: { UpnSuffix: contoso.com }\n`,
      '%UpnSufix%',
      /no parameter %UpnSufix%/,
      /%UpnSuffix%/,
    ],
    [
      'parameter that nobody defines',
      flow("mail: { value: '[x] & %UpnSuffix%', dialect: connect }"),
      '%UpnSuffix%',
      /no parameter %UpnSuffix%/,
      /"parameters"/,
    ],
    [
      'function in single quotes',
      flow("jobTitle: 'Append([title], toUper([x]))'"),
      'toUper',
      /no function toUper/,
      /ToUpper/,
    ],
    [
      'function in double quotes',
      flow('jobTitle: "Append(\\"a\\", toUper([x]))"'),
      'toUper',
      /no function toUper/,
      /ToUpper/,
    ],
    [
      'function in a plain scalar',
      flow('jobTitle: Append("a", toUper([x]))'),
      'toUper',
      /no function toUper/,
      /ToUpper/,
    ],
    [
      'function in a folded block',
      flow('jobTitle: >-\n        Append("a",\n          toUper([x]))'),
      'toUper',
      /no function toUper/,
      /ToUpper/,
    ],
    ['arity with the signature', flow("jobTitle: 'Left([title])'"), 'Left', /Left\(String, NumChars\)/, null],
    [
      'unknown connector',
      good.replace('connector: corp', 'connector: crop'),
      'crop',
      /no connector crop/,
      /corp/,
    ],
    [
      'wrong way round',
      good.replace('connector: cloud', 'connector: corp'),
      'corp, class: user }\n    flows',
      /of type active-directory/,
      null,
    ],
    [
      'class change',
      good.replace('cloud, class: user', 'cloud, class: group'),
      'group',
      /cannot become/,
      null,
    ],
    [
      'missing required flow',
      good.replace("      displayName: '[name]'\n", ''),
      'flows',
      /without displayName/,
      null,
    ],
    ['missing key', good.replace('version: 1\n', ''), 'connectors', /key version is missing/, null],
    ['other version', good.replace('version: 1', 'version: 2'), '2', /must be 1/, null],
    [
      'bad duration',
      flow("jobTitle: '[title]'\n    lifecycle: { deleted: { action: delete, deleteAfter: 30d } }"),
      '30d',
      /duration/,
      null,
    ],
    [
      'keep that deletes',
      flow("jobTitle: '[title]'\n    lifecycle: { deleted: { action: keep, deleteAfter: P1D } }"),
      'deleteAfter',
      /never deletes/,
      null,
    ],
    [
      'bad connector name',
      good.replace('corp: {', 'Corp: {').replace('connector: corp', 'connector: Corp'),
      'Corp',
      /connector name/,
      null,
    ],
    ['YAML itself', `${good}   oops: [\n`, '   oops', /./, null],
    ['key given twice', flow("displayName: 'Left([name], 5)'"), "displayName: 'Left", /unique/, null],
    [
      'anchor of the wrong class',
      `${good}    anchor: { from: [objectGUID], to: uniqueName, as: hex }\n`,
      'uniqueName',
      /onPremisesImmutableId/,
      null,
    ],
    [
      'anchor bytes as text',
      `${good}    anchor: { from: [objectguid], to: onPremisesImmutableId, as: text }\n`,
      'text',
      /binary/,
      /base64/,
    ],
    ['where that is no expression', `${good}    scope: { where: [[mail]] }\n`, '[mail]]', /YAML list/, null],
    [
      'budget without a time',
      `${good}    budgets: { delete: { max: 1, percent: 5, per: PT0S } }\n`,
      'PT0S',
      /longer than nothing/,
      null,
    ],
    [
      'matching, which is not carried out yet',
      `${good}    match: [{ source: '[mail]', target: mail }]\n`,
      "[{ source: '[mail]'",
      /not carried out/,
      /anchor only/,
    ],
  ];

  it.each(cases)('%s', (_, text, mark, message, hint) => {
    const problems = problemsOf(text);
    expect(problems.map((one) => one.message)).toHaveLength(1);
    const [problem] = problems;
    expect(problem).toMatchObject({ file: 'a.yaml', ...placeOf(text, mark) });
    expect(problem?.message).toMatch(message);
    if (hint !== null) expect(problem?.hint).toMatch(hint);
  });

  it('tells all problems at once, in order', () => {
    const text = flow("givenNam: '[a]'\n      jobTitle: 'Foo([b])'\n      surname: 'Left([c])'");
    expect(problemsOf(text).map((one) => one.line)).toEqual([14, 15, 16]);
  });

  it('is told apart from an empty one', () => {
    expect(problemsOf('# nothing\n')[0]?.message).toMatch(/empty/);
    expect(problemsOf('version: 1\n')[0]?.message).toMatch(/no sync/);
    expect(problemsOf('- a\n- b\n')[0]?.message).toMatch(/must be a mapping/);
    expect(problemsOf('version: *nowhere\n')).toHaveLength(1);
  });

  it('never makes the compiler throw', () => {
    const words = fc.constantFrom(
      'version',
      '1',
      'syncs',
      'users',
      ':',
      ': ',
      '\n',
      '\n  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      "'",
      '"',
      '&a',
      '*a',
      '|',
      '>-',
      'flows',
      '[mail]',
      '!!x',
      '? ',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
        const result = compileRules([{ name: 'a.yaml', text: parts.join('') }]);
        if (result.ok) throw new Error('compiled');
        for (const problem of result.problems)
          if (problem.line < 1 || problem.column < 1) throw new RangeError('no place');
      }),
      { numRuns: 500 },
    );
  }, 30_000);
});

describe('several files', () => {
  const connectors = good.slice(0, good.indexOf('syncs:'));
  const syncs = `version: 1\n${good.slice(good.indexOf('syncs:'))}`;

  it('are one set of rules', () => {
    expect(rulesOf(connectors, syncs).hash).toBe(rulesOf(good).hash);
  });

  it('refuse what stands in two of them', () => {
    expect(problemsOf(good, connectors)).toMatchObject([
      { file: 'b.yaml', line: 3, message: 'connectors.corp stands in a.yaml already' },
      { file: 'b.yaml', line: 4 },
    ]);
    expect(problemsOf(good, syncs)).toMatchObject([
      { file: 'b.yaml', message: 'syncs.users stands in a.yaml already' },
    ]);
  });

  it('have one sync for each class of a connector', () => {
    const second = syncs
      .replace('users:', 'staff:')
      .replace('class: user }\n    to', 'class: user }\n    precedence: 5\n    to');
    expect(problemsOf(good, second).map((one) => one.message)).toEqual([
      'class user of corp is read by sync users already',
    ]);
  });

  it('name one owner of an attribute, or an order', () => {
    const forest =
      `version: 1\nconnectors:\n  lab: { type: active-directory }\n${syncs.slice('version: 1\n'.length)}`
        .replace('users:', 'lab-users:')
        .replace('connector: corp', 'connector: lab');
    const [problem] = problemsOf(good, forest);
    expect(problem).toMatchObject({ file: 'b.yaml', hint: expect.stringMatching(/precedence/) as string });
    expect(problem?.message).toMatch(/accountEnabled of user is written by sync users too/);
    const ordered = forest.replace('    flows:', '    precedence: 50\n    flows:');
    expect(rulesOf(good, ordered).syncs.map((sync) => sync.name)).toEqual(['lab-users', 'users']);
  });
});

describe('the hash', () => {
  it('does not change with comments, spacing or order', () => {
    const { hash } = rulesOf(flow('jobTitle: \'Append([title],".")\''));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(rulesOf(flow('jobTitle: \'Append( [Title] , "." )\' # why')).hash).toBe(hash);
    expect(rulesOf(good.replace('flows:', 'flows:\n      jobTitle: \'Append([title], ".")\'')).hash).toBe(
      hash,
    );
    expect(rulesOf(`${flow('jobTitle: \'Append([title],".")\'')}    precedence: 100\n`).hash).toBe(hash);
  });

  it('changes with what the rules mean', () => {
    const { hash } = rulesOf(good);
    const others = [
      flow("jobTitle: '[title]'"),
      `${good}    precedence: 99\n`,
      `${good}    scope: { exclude: none }\n`,
      `${good}    lifecycle: { deleted: { action: keep } }\n`,
      `${good}    budgets: { delete: { max: 1, percent: 5, per: P1D } }\n`,
      `${good}parameters: { Suffix: x }\n`,
    ];
    expect(new Set([hash, ...others.map((text) => rulesOf(text).hash)]).size).toBe(others.length + 1);
  });
});

describe('compiled rules', () => {
  it('carry lifecycle and budgets in milliseconds', () => {
    const [sync] = rulesOf(`${good}    lifecycle:
      leftScope: { action: disable }
      deleted: { action: delete, deleteAfter: PT36H }
      returned: create
    budgets: { disable: { max: 7, percent: 2.5, per: P1W } }
`).syncs;
    expect(sync).toMatchObject({
      lifecycle: {
        disabled: { action: 'disable', revokeSessions: true },
        leftScope: { action: 'disable', deleteAfterMs: null },
        deleted: { action: 'delete', deleteAfterMs: 36 * 3_600_000 },
        returned: 'create',
      },
      budgets: { delete: { max: 20, percent: 5 }, disable: { max: 7, percent: 2.5, perMs: 7 * 86_400_000 } },
    });
  });

  it('tell attributes in one spelling, containers', () => {
    const rules =
      rulesOf(`${flow("jobTitle: 'Coalesce([TITLE], [Custom-Attr], [custom-attr], [dn])'")}    scope:
      under: [{ dn: 'OU=Staff,DC=corp,DC=example' }, { guid: 00000000-0000-0000-0000-000000000001 }]
      where: ['IsPresent([info])']
      exclude: none
`);
    const needs = captureNeeds(rules, 'corp');
    expect(needs.attributes).toEqual(expect.arrayContaining(['title', 'Custom-Attr', 'info']));
    expect(needs.attributes).not.toEqual(expect.arrayContaining(['custom-attr']));
    expect(needs.attributes).not.toEqual(expect.arrayContaining(['dn']));
    expect(needs).toMatchObject({
      containers: ['OU=Staff,DC=corp,DC=example'],
      skipCritical: false,
      links: [],
      classes: ['user'],
    });
    expect(needs.attributes).not.toContain('isCriticalSystemObject');
  });
});
