/**
 * What the schema of Active Directory says of attributes that rules commonly name (MS-ADA1 to 3, the Exchange schema). Names
 * ignore case in LDAP; one spelling is chosen, so that `[mail]` and `[Mail]` are one attribute everywhere.
 */
const binary = [
  'objectGUID',
  'objectSid',
  'sIDHistory',
  'mS-DS-ConsistencyGuid',
  'msExchMailboxGuid',
  'msExchArchiveGUID',
  'thumbnailPhoto',
  'jpegPhoto',
  'userCertificate',
  'userSMIMECertificate',
  'logonHours',
];

/** Values are DNs, carried as source keys. */
const references = ['manager', 'managedBy', 'secretary', 'assistant'];

const text = [
  'accountExpires',
  'c',
  'cn',
  'co',
  'company',
  'countryCode',
  'department',
  'description',
  'displayName',
  'division',
  'employeeID',
  'employeeNumber',
  'employeeType',
  'extensionAttribute1',
  'extensionAttribute2',
  'extensionAttribute3',
  'extensionAttribute4',
  'extensionAttribute5',
  'extensionAttribute6',
  'extensionAttribute7',
  'extensionAttribute8',
  'extensionAttribute9',
  'extensionAttribute10',
  'extensionAttribute11',
  'extensionAttribute12',
  'extensionAttribute13',
  'extensionAttribute14',
  'extensionAttribute15',
  'facsimileTelephoneNumber',
  'givenName',
  'groupType',
  'info',
  'initials',
  'isCriticalSystemObject',
  'l',
  'mail',
  'mailNickname',
  'mobile',
  'msExchRecipientTypeDetails',
  'name',
  'otherTelephone',
  'physicalDeliveryOfficeName',
  'postalCode',
  'preferredLanguage',
  'proxyAddresses',
  'pwdLastSet',
  'sAMAccountName',
  'sAMAccountType',
  'sn',
  'st',
  'streetAddress',
  'telephoneNumber',
  'title',
  'userAccountControl',
  'userPrincipalName',
  'whenChanged',
  'whenCreated',
];

const canonical = new Map([...binary, ...references, ...text].map((name) => [name.toLowerCase(), name]));
const binaryNames: ReadonlySet<string> = new Set(binary);
const referenceNames: ReadonlySet<string> = new Set(references);

/** Read from the staged object itself, never captured as attributes. */
const ofTheObject: ReadonlyMap<string, string> = new Map([
  ['dn', 'distinguishedName'],
  ['distinguishedname', 'distinguishedName'],
]);

/** Values are carried one by one, so no expression can see them. */
export const linkNames: ReadonlySet<string> = new Set(['member']);

export const distinguishedName = 'distinguishedName';

/** Chooses one spelling an attribute for a set of rules: the schema's, else the first one seen. */
export class AttributeSpelling {
  readonly #seen = new Map<string, string>();

  canonicalName(name: string): string {
    const lower = name.toLowerCase();
    const known = ofTheObject.get(lower) ?? canonical.get(lower) ?? this.#seen.get(lower);
    if (known !== undefined) return known;
    this.#seen.set(lower, name);
    return name;
  }
}

export function isBinaryAttribute(name: string): boolean {
  return binaryNames.has(name);
}

export function isReferenceAttribute(name: string): boolean {
  return referenceNames.has(name);
}
