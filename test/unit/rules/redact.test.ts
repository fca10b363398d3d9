import { describe, expect, it } from 'vitest';
import { judgeProjection } from '../../../cli/rule-tests/judge-projection.ts';
import { TestKeys } from '../../../cli/rule-tests/stage-test-object.ts';
import { compileRules } from '../../../shared/rules/compile-rules.ts';
import { projectIn, rulesOf, stagedAs, syncNamed } from './support/staged.ts';

const text = (flow: string, where = '[]'): string => `
version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    scope: { exclude: none, where: ${where} }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[name]'
      accountEnabled: '"True"'
      employeeId: '${flow}'
`;
const bob = { sAMAccountName: ['bob'], userPrincipalName: ['bob@corp.example'], name: ['Bob'] };

describe('Redact', () => {
  const rules = rulesOf(text('IIF(IsPresent([title]), Append("p-", Redact([employeeID])), [employeeID])'));
  const projection = projectIn(
    syncNamed(rules, 'users'),
    stagedAs(rules, 'user', { ...bob, employeeID: ['4711'] }),
  );

  it('lets the value flow and says that it is not to be shown, whichever way the condition goes', () => {
    expect(projection.values['employeeId']).toBe('4711');
    expect(projection.redacted).toEqual(['employeeId']);
    const open = rulesOf(text('[employeeID]'));
    expect(projectIn(syncNamed(open, 'users'), stagedAs(open, 'user', bob)).redacted).toBeUndefined();
  });

  it('is judged by a test of rules, which does not print it', () => {
    const keys = new TestKeys();
    expect(judgeProjection({ values: { employeeId: '4711' } }, projection, keys)).toEqual([]);
    expect(judgeProjection({ values: { employeeId: '4712' } }, projection, keys)).toEqual([
      { what: 'employeeId', expected: '[Redact]', found: 'another [Redact]' },
    ]);
    expect(judgeProjection({ values: { employeeId: null } }, projection, keys)).toEqual([
      { what: 'employeeId', expected: 'null', found: 'another [Redact]' },
    ]);
  });

  it('is refused where nothing is written', () => {
    expect(
      compileRules([{ name: 'a.yaml', text: text('[employeeID]', `['Redact([title]) = "x"']`) }]),
    ).toMatchObject({
      ok: false,
      problems: [{ message: 'Redact is for values that are written' }],
    });
  });
});
