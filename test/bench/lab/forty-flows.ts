import type { StagedObject } from '../../../shared/model/staged-object.ts';
import type { TargetValue } from '../../../shared/rules/projection.ts';

/** Rules with forty flows of the kinds that tenants have: most take an attribute over, a dozen compute. */
export const fortyFlows = `
version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    scope: { exclude: none }
    flows:
      userPrincipalName: 'Coalesce([userPrincipalName], Append([sAMAccountName], "@contoso.com"))'
      mailNickname: 'Coalesce([mailNickname], StripSpaces([sAMAccountName]))'
      displayName: 'Join(" ", [givenName], [sn])'
      givenName: '[givenName]'
      surname: '[sn]'
      mail: 'ToLower([mail],)'
      jobTitle: '[title]'
      department: 'Switch([department], [department], "R&D", "Research", "HR", "People")'
      companyName: '[company]'
      employeeId: '[employeeID]'
      employeeType: 'IIF([employeeType] = "T", "Temporary", "Employee")'
      streetAddress: '[streetAddress]'
      city: '[l]'
      state: '[st]'
      postalCode: 'Replace([postalCode], " ", , , "", , )'
      country: '[co]'
      usageLocation: 'ToUpper([c],)'
      officeLocation: '[physicalDeliveryOfficeName]'
      mobilePhone: '[mobile]'
      faxNumber: '[facsimileTelephoneNumber]'
      businessPhones: '[telephoneNumber]'
      otherMails: '[otherMailbox]'
      preferredLanguage: 'Left([preferredLanguage], 5)'
      onPremisesExtensionAttributes.extensionAttribute15: '[msDS-cloudExtensionAttribute1]'
      accountEnabled: 'IIF(CBool(BitAnd([userAccountControl], 2)), "False", "True")'
      onPremisesExtensionAttributes.extensionAttribute1: '[extensionAttribute1]'
      onPremisesExtensionAttributes.extensionAttribute2: '[extensionAttribute2]'
      onPremisesExtensionAttributes.extensionAttribute3: '[extensionAttribute3]'
      onPremisesExtensionAttributes.extensionAttribute4: '[extensionAttribute4]'
      onPremisesExtensionAttributes.extensionAttribute5: '[extensionAttribute5]'
      onPremisesExtensionAttributes.extensionAttribute6: '[extensionAttribute6]'
      onPremisesExtensionAttributes.extensionAttribute7: '[extensionAttribute7]'
      onPremisesExtensionAttributes.extensionAttribute8: '[extensionAttribute8]'
      onPremisesExtensionAttributes.extensionAttribute9: 'Mid([sAMAccountName], 1, 3)'
      onPremisesExtensionAttributes.extensionAttribute10: 'IIF(IsPresent([manager]), "managed", "free")'
      onPremisesExtensionAttributes.extensionAttribute11: 'Append([company], "-")'
      onPremisesExtensionAttributes.extensionAttribute12: 'ToUpper([sn],)'
      onPremisesExtensionAttributes.extensionAttribute13: 'Coalesce([division], [department], "none")'
      onPremisesExtensionAttributes.extensionAttribute14: '[info]'
      manager: { reference: manager }
`;

const version = { epoch: 1, n: 1 };

const values: Readonly<Record<string, string>> = {
  userPrincipalName: '',
  sAMAccountName: 'ada-lovelace',
  givenName: 'Ada',
  sn: 'Lovelace',
  mail: 'Ada.Lovelace@Contoso.com',
  title: 'Analyst',
  department: 'R&D',
  company: 'Contoso',
  employeeID: '4711',
  employeeType: 'T',
  streetAddress: '1 Engine Way',
  l: 'London',
  st: 'LND',
  postalCode: 'W1 1AA',
  co: 'United Kingdom',
  c: 'gb',
  physicalDeliveryOfficeName: '1.23',
  mobile: '+44 1',
  facsimileTelephoneNumber: '+44 2',
  telephoneNumber: '+44 3',
  otherMailbox: 'ada@home.example',
  preferredLanguage: 'en-GB-oxendict',
  userAccountControl: '512',
  manager: '',
  division: '',
  info: 'a note',
  mailNickname: '',
  'msDS-cloudExtensionAttribute1': 'x',
  'mS-DS-ConsistencyGuid': '',
  objectGUID: '',
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`extensionAttribute${n}`, n === 5 ? '' : `value ${n}`]),
  ),
};

/** Staged as a fold leaves them: attribute names in lower case, none for what is empty. */
export function people(count: number): readonly StagedObject[] {
  return Array.from({ length: count }, (_, number) => ({
    key: number.toString(16).padStart(32, '0'),
    class: { version, name: 'user' },
    life: { version, isDeleted: false },
    floor: null,
    base: version,
    openBases: [],
    dn: { version, text: `CN=${number},DC=corp,DC=example` },
    ancestors: { version, keys: [] },
    attributes: Object.fromEntries(
      Object.entries(values).map(([name, text]) => [
        name.toLowerCase(),
        { version, values: text === '' ? [] : [name === 'sAMAccountName' ? `${text}-${number}` : text] },
      ]),
    ),
    lists: {},
    oversized: {},
    seenIn: null,
    vanished: null,
  }));
}

/** The same forty flows as somebody would write them by hand. */
export function plainFlows({ attributes }: StagedObject): Readonly<Record<string, TargetValue>> {
  const of = (name: string): string | null => {
    const [first] = attributes[name]?.values ?? [];
    return typeof first === 'string' ? first : null;
  };
  const list = (name: string): readonly string[] => {
    const value = of(name);
    return value === null ? [] : [value];
  };
  const account = of('samaccountname') ?? '';
  const department = of('department');
  const extension = 'onPremisesExtensionAttributes.extensionAttribute';
  const result: Record<string, TargetValue> = {
    userPrincipalName: of('userprincipalname') ?? `${account}@contoso.com`,
    mailNickname: of('mailnickname') ?? account.replaceAll(' ', ''),
    displayName: [of('givenname'), of('sn')].filter((one) => one !== null).join(' '),
    givenName: of('givenname'),
    surname: of('sn'),
    mail: of('mail')?.toLowerCase() ?? null,
    jobTitle: of('title'),
    department: department === 'R&D' ? 'Research' : department === 'HR' ? 'People' : department,
    companyName: of('company'),
    employeeId: of('employeeid'),
    employeeType: of('employeetype') === 'T' ? 'Temporary' : 'Employee',
    streetAddress: of('streetaddress'),
    city: of('l'),
    state: of('st'),
    postalCode: of('postalcode')?.replaceAll(' ', '') ?? null,
    country: of('co'),
    usageLocation: of('c')?.toUpperCase() ?? null,
    officeLocation: of('physicaldeliveryofficename'),
    mobilePhone: of('mobile'),
    faxNumber: of('facsimiletelephonenumber'),
    businessPhones: list('telephonenumber'),
    otherMails: list('othermailbox'),
    preferredLanguage: of('preferredlanguage')?.slice(0, 5) ?? null,
    accountEnabled: (Number(of('useraccountcontrol')) & 2) === 0,
    [`${extension}9`]: account.slice(0, 3),
    [`${extension}10`]: of('manager') === null ? 'free' : 'managed',
    [`${extension}11`]: `${of('company') ?? ''}-`,
    [`${extension}12`]: of('sn')?.toUpperCase() ?? null,
    [`${extension}13`]: of('division') ?? department ?? 'none',
    [`${extension}14`]: of('info'),
    [`${extension}15`]: of('msds-cloudextensionattribute1'),
  };
  for (let n = 1; n <= 8; n += 1) result[`${extension}${n}`] = of(`extensionattribute${n}`);
  return result;
}
