import { describe, expect, it } from 'vitest';
import { compileRules } from '../../../shared/rules/compile-rules.ts';

function warningsOf(flow: string, more = ''): readonly string[] {
  const text = `version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
${more}syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[name]'
      accountEnabled: '"True"'
      ${flow}
`;
  const compiled = compileRules([{ name: 'a.yaml', text }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.warnings.map(({ code, line, column }) => `${code} ${line}:${column}`);
}
/** By flow of jobTitle, whose expression begins at column 18. */
const lint = (expression: string, more = ''): readonly string[] =>
  warningsOf(`jobTitle: { value: '${expression}'${more} }`).map((one) =>
    one.replace(/ \d+:(\d+)$/, (_, column: string) => ` ${Number(column) - 26}`),
  );

describe('traps of cloud sync’s dialect', () => {
  it.each([
    ['IIF(IsNull([title]), "none", [title])', ['iif-empty 12']],
    ['IIF(IsNullOrEmpty([title]), "none", [title])', ['iif-empty 19']],
    ['IIF(Not(IsPresent([title])), "none", [title])', ['iif-empty 19']],
    ['IIF([title] <> "Boss", "staff", "boss")', ['iif-empty 5']],
    ['Append(IIF(IsNull([a]), "x", "y"), IIF(IsNull([b]), "x", "y"))', ['iif-empty 19', 'iif-empty 47']],
    ['IIF(IsPresent([title]), [title], "none")', []],
    ['IIF([title] = "Boss", "boss", "staff")', []],
    ['IIF(Coalesce([title], "") <> "Boss", "staff", "boss")', []],
    ['IIF([userAccountControl] <> "512", "a", "b")', []],
    ['Switch([c], , "DE", "Deutschland")', ['switch-empties 1']],
    ['Switch([c], "", "DE", "Deutschland")', ['switch-empties 1']],
    ['Switch([c], [co], "DE", "Deutschland")', []],
    ['[proxyAddresses]', ['several-values 1']],
    ['ToLower([otherTelephone])', ['several-values 9']],
    ['Item([proxyAddresses], 1)', []],
    ['Append(Join(",", [proxyAddresses]), "x")', []],
    ['Left(Item(Split([title], " "), 1), 3)', []],
  ])('%s', (expression, expected) => {
    expect(lint(expression)).toEqual(expected);
  });

  it('a Switch that keeps what it does not name, or is written once, empties nothing', () => {
    expect(lint('Switch([c], , "DE", "x")', ', whenNull: keep')).toEqual([]);
    expect(lint('Switch([c], , "DE", "x")', ', apply: create')).toEqual([]);
  });

  it('a collection takes several values', () => {
    expect(warningsOf("businessPhones: '[otherTelephone]'")).toEqual([]);
  });
});

describe('traps of Connect’s dialect', () => {
  it.each([
    ['Switch([c] = "DE", "Deutschland")', ['switch-empties 1']],
    ['Switch([c] = "DE", "Deutschland", True, "x")', []],
    ['IIF(IsNull([title]), "none", [title])', []],
    ['[proxyAddresses]', []],
  ])('%s', (expression, expected) => {
    expect(lint(expression, ', dialect: connect')).toEqual(expected);
  });
});

describe('traps of rules', () => {
  it('a property that Entra cannot empty', () => {
    expect(warningsOf("mail: '[mail]'")).toEqual(['cannot-be-emptied 14:13']);
    expect(warningsOf("mail: { value: '[mail]', whenNull: keep }")).toEqual([]);
  });

  it('a parameter that nobody uses', () => {
    const parameters = 'parameters: { Suffix: x, Other: y }\n';
    const flow = "jobTitle: { value: '%Suffix%', dialect: connect }";
    expect(warningsOf(flow, parameters)).toEqual(['unused-parameter 5:26']);
  });

  it('a clause of the scope as well', () => {
    const scope = 'surname: \'[sn]\'\n    scope: { where: [\'IIF(IsNull([title]), "True", "False")\'] }';
    expect(warningsOf(scope)).toEqual(['iif-empty 15:34']);
  });
});
