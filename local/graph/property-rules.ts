/** How one property may be written; limits from Microsoft's v1.0 resource pages for user and group. */
export interface PropertyRule {
  readonly type: 'string' | 'boolean' | 'strings' | 'date' | 'object' | 'objects';
  readonly max?: number;
  readonly maxItems?: number;
  readonly access?: 'read' | 'create' | 'neverByApp';
  /** Once set it takes no null. */
  readonly keepsValue?: boolean;
  readonly accepts?: (value: string) => boolean;
  readonly fields?: PropertyRules;
  /** A half that is left out becomes null, instead of staying as it was. */
  readonly whole?: boolean;
}

export type PropertyRules = Readonly<Record<string, PropertyRule>>;

const text = (max: number, more: Partial<PropertyRule> = {}): PropertyRule => ({
  type: 'string',
  max,
  ...more,
});
const flag: PropertyRule = { type: 'boolean' };
const date: PropertyRule = { type: 'date' };
const fixed = (type: PropertyRule['type'] = 'string'): PropertyRule => ({ type, access: 'read' });
const never: PropertyRule = { type: 'string', access: 'neverByApp' };

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
const isCountry = (value: string) => /^[A-Z]{2}$/.test(value) && regions.of(value) !== undefined;
const isLanguage = (value: string) => /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(value);
/** ASCII without blanks and without what the group page forbids; a dot is common in user nicknames. */
const isNickname = (forbidden: RegExp) => (value: string) =>
  /^[\x21-\x7e]+$/.test(value) && !forbidden.test(value);
const oneOf =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value);

const extensionAttributes: PropertyRules = Object.fromEntries(
  Array.from({ length: 15 }, (_, index) => [`extensionAttribute${index + 1}`, text(1024)]),
);

export const userRules: PropertyRules = {
  accountEnabled: { ...flag, keepsValue: true },
  ageGroup: text(20, { accepts: oneOf('Minor', 'NotAdult', 'Adult') }),
  businessPhones: { type: 'strings', max: 64, maxItems: 1 },
  city: text(128),
  companyName: text(64),
  consentProvidedForMinor: text(20, { accepts: oneOf('Granted', 'Denied', 'NotRequired') }),
  country: text(128),
  department: text(64),
  displayName: text(256, { keepsValue: true }),
  employeeHireDate: date,
  employeeId: text(16),
  employeeLeaveDateTime: date,
  employeeOrgData: { type: 'object', whole: true, fields: { costCenter: text(256), division: text(256) } },
  employeeType: text(256),
  faxNumber: text(64),
  givenName: text(64),
  identities: { type: 'objects', maxItems: 10 },
  jobTitle: text(128),
  mail: text(256, { keepsValue: true, accepts: (value) => /^[^@\s]+@[^@\s]+$/.test(value) }),
  mailNickname: text(64, { keepsValue: true, accepts: isNickname(/[@()\\[\]";:<>,]/) }),
  mobilePhone: text(64),
  officeLocation: text(128),
  onPremisesExtensionAttributes: { type: 'object', fields: extensionAttributes },
  onPremisesImmutableId: text(1024, { accepts: (value) => !/[$_]/.test(value) }),
  otherMails: { type: 'strings', max: 250, maxItems: 250 },
  passwordPolicies: text(256, {
    accepts: (value) =>
      value.split(/,\s*/).every(oneOf('None', 'DisableStrongPassword', 'DisablePasswordExpiration')),
  }),
  passwordProfile: {
    type: 'object',
    keepsValue: true,
    fields: {
      password: text(256),
      forceChangePasswordNextSignIn: flag,
      forceChangePasswordNextSignInWithMfa: flag,
    },
  },
  postalCode: text(40),
  preferredLanguage: text(64, { accepts: isLanguage }),
  showInAddressList: flag,
  state: text(128),
  streetAddress: text(1024),
  surname: text(64),
  usageLocation: text(2, { accepts: isCountry }),
  userPrincipalName: text(113, { keepsValue: true }),
  userType: text(20, { accepts: oneOf('Member', 'Guest') }),
  id: fixed(),
  assignedLicenses: fixed('objects'),
  createdDateTime: fixed('date'),
  creationType: fixed(),
  deletedDateTime: fixed('date'),
  imAddresses: fixed('strings'),
  lastPasswordChangeDateTime: fixed('date'),
  onPremisesDistinguishedName: fixed(),
  onPremisesDomainName: fixed(),
  onPremisesLastSyncDateTime: fixed('date'),
  onPremisesProvisioningErrors: fixed('objects'),
  onPremisesSamAccountName: fixed(),
  onPremisesSecurityIdentifier: fixed(),
  onPremisesSyncEnabled: fixed('boolean'),
  onPremisesUserPrincipalName: fixed(),
  proxyAddresses: fixed('strings'),
  securityIdentifier: fixed(),
  signInSessionsValidFromDateTime: fixed('date'),
  aboutMe: never,
  birthday: never,
  interests: never,
  mySite: never,
  pastProjects: never,
  responsibilities: never,
  schools: never,
  skills: never,
};

export const groupRules: PropertyRules = {
  classification: text(64),
  description: text(1024),
  displayName: text(256, { keepsValue: true }),
  groupTypes: { type: 'strings', max: 64, maxItems: 2, access: 'create' },
  isAssignableToRole: { ...flag, access: 'create' },
  mailEnabled: { ...flag, keepsValue: true },
  mailNickname: text(64, { keepsValue: true, accepts: isNickname(/[@()\\[\]";:.<>,]/) }),
  membershipRule: text(3072),
  membershipRuleProcessingState: text(10, { accepts: oneOf('On', 'Paused') }),
  preferredDataLocation: text(64),
  preferredLanguage: text(64, { accepts: isLanguage }),
  securityEnabled: { ...flag, keepsValue: true },
  theme: text(20),
  uniqueName: text(1024, { keepsValue: true }),
  visibility: text(20, { accepts: oneOf('Private', 'Public', 'HiddenMembership') }),
  id: fixed(),
  createdDateTime: fixed('date'),
  creationOptions: fixed('strings'),
  deletedDateTime: fixed('date'),
  expirationDateTime: fixed('date'),
  mail: fixed(),
  onPremisesDomainName: fixed(),
  onPremisesLastSyncDateTime: fixed('date'),
  onPremisesNetBiosName: fixed(),
  onPremisesProvisioningErrors: fixed('objects'),
  onPremisesSamAccountName: fixed(),
  onPremisesSecurityIdentifier: fixed(),
  onPremisesSyncEnabled: fixed('boolean'),
  proxyAddresses: fixed('strings'),
  renewedDateTime: fixed('date'),
  resourceBehaviorOptions: fixed('strings'),
  resourceProvisioningOptions: fixed('strings'),
  securityIdentifier: fixed(),
};
