import { describe, expect, it } from 'vitest';
import { projectOf, rulesOf, stagedAs, syncNamed, type SourceValues } from './support/staged.ts';

const text = `
version: 1
dialect: connect
parameters: { UpnSuffix: contoso.com, Forest: 1 }
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    scope: { exclude: none, where: ['IsPresent([SAMACCOUNTNAME]) && InStr([sAMAccountName], "svc-") <> 1'] }
    flows:
      userPrincipalName: 'IIF(IsPresent([userPrincipalName]), [userPrincipalName], [sAMAccountName] & "@" & %UpnSuffix%)'
      mailNickname: '[sAMAccountName]'
      displayName: 'IIF(IsNullOrEmpty([displayName]), [name], [displayName])'
      accountEnabled: 'BitAnd([userAccountControl], 2) = 0'
      businessPhones: 'RemoveDuplicates([otherTelephone])'
      companyName: 'IgnoreThisFlow'
      jobTitle: { value: 'Coalesce([title], "none")', dialect: cloud-sync }
`;

const ada: SourceValues = {
  sAMAccountName: ['ada'],
  name: ['Ada'],
  userAccountControl: ['514'],
  otherTelephone: ['+1', '+1'],
};

function projected(values: SourceValues) {
  const rules = rulesOf(text);
  const staged = stagedAs(rules, 'user', values);
  return projectOf(syncNamed(rules, 'users'), staged, new Map(), rules.parameters);
}

describe('rules in the connect dialect', () => {
  it('compute scope and flows, with parameters, and a flow may be of the other dialect', () => {
    expect(projected(ada)).toMatchObject({
      kind: 'in',
      problems: [],
      values: {
        userPrincipalName: 'ada@contoso.com',
        displayName: 'Ada',
        accountEnabled: false,
        businessPhones: ['+1'],
        jobTitle: 'none',
      },
    });
  });

  it('leave alone what a flow ignores', () => {
    const projection = projected(ada);
    expect(projection.kind === 'in' && Object.keys(projection.values)).not.toContain('companyName');
  });

  it('judge the scope', () => {
    expect(projected({ ...ada, sAMAccountName: ['svc-backup'] })).toMatchObject({ kind: 'out' });
  });

  it('are other rules than the same text in cloud sync’s dialect, and with other parameters', () => {
    const hashOf = (from: string, to: string): string => rulesOf(text.replace(from, to)).hash;
    const same = '\'Coalesce([title], "none")\', dialect: cloud-sync';
    expect(hashOf(same, "'Left([title], 3)', dialect: cloud-sync")).not.toBe(
      hashOf(same, "'Left([title], 3)', dialect: connect"),
    );
    expect(hashOf('contoso.com', 'fabrikam.com')).not.toBe(rulesOf(text).hash);
  });
});
