import type { CloudClass } from '../model/link.ts';

export type TargetType = 'string' | 'boolean' | 'string-collection';

/** A property of a cloud class that rules may write. */
export interface TargetProperty {
  /** As Graph spells it; a dot leads into a complex property. */
  readonly path: string;
  readonly class: CloudClass;
  readonly type: TargetType;
  /** Characters of one value; null where Graph's reference names no limit. */
  readonly maxLength: number | null;
  /** Values of a collection. */
  readonly maxCount: number | null;
  /** Graph refuses null for it, so an empty result is a problem and not a clear. */
  readonly isClearable: boolean;
  /** Graph refuses to create an object without it. */
  readonly isRequired: boolean;
  /** Graph refuses a value that another user has. */
  readonly isUnique: boolean;
  /** What is wrong with a value beyond type and length; null when nothing is. */
  readonly check: ((value: string) => string | null) | null;
}

type Extra = Partial<Omit<TargetProperty, 'path' | 'class' | 'type'>>;

function property(cloudClass: CloudClass, path: string, type: TargetType, extra: Extra = {}): TargetProperty {
  const plain = {
    maxLength: null,
    maxCount: null,
    isClearable: true,
    isRequired: false,
    isUnique: false,
    check: null,
  };
  return { path, class: cloudClass, type, ...plain, ...extra };
}

const text = (path: string, maxLength: number | null = null, extra: Extra = {}): TargetProperty =>
  property('user', path, 'string', { maxLength, ...extra });

const mandatory: Extra = { isRequired: true, isClearable: false };

/**
 * Characters and lengths of a user principal name (Entra "Username policies", in concept-sspr-policy): 64 before and 48 behind
 * the @, 113 in all, no accents, no dot right before the @.
 */
function checkUserPrincipalName(value: string): string | null {
  const [before = '', behind = '', ...rest] = value.split('@');
  if (before === '' || behind === '' || rest.length > 0) return 'is not of the form name@domain';
  if (before.length > 64) return 'has more than 64 characters before the @';
  if (behind.length > 48) return 'has more than 48 characters behind the @';
  if (!/^[A-Za-z0-9'._!#^~-]+$/.test(before))
    return "has a character other than A-Z a-z 0-9 ' . - _ ! # ^ ~ before the @";
  if (before.endsWith('.')) return 'has a dot right before the @';
  return /^[A-Za-z0-9.-]+$/.test(behind) ? null : 'has a character behind the @ that no domain has';
}

/** Graph's reference for user and group: ASCII except these. */
function checkNickname(value: string): string | null {
  if (!/^[\x21-\x7e]*$/.test(value)) return 'has a blank or a character outside ASCII';
  return /[@()\\[\]";:<>,]/.test(value) ? 'has one of the characters @ ( ) \\ [ ] " ; : < > ,' : null;
}

/** The reference for groups names the dot too. */
function checkGroupNickname(value: string): string | null {
  return value.includes('.') ? 'has a dot, which a group must not have' : checkNickname(value);
}

function checkCountry(value: string): string | null {
  return /^[A-Za-z]{2}$/.test(value) ? null : 'is not a two-letter country code (ISO 3166)';
}

const extensionAttributes = Array.from({ length: 15 }, (_, index) =>
  text(`onPremisesExtensionAttributes.extensionAttribute${index + 1}`, 1_024),
);

/**
 * Limits from Microsoft Graph v1.0: resources/user and user-update, resources/group (read 2021-07 to 2026-07); null where the
 * pages name none. Graph's null clears, except for what it cannot be without, and mail, which "cannot be set to null".
 */
export const targetProperties: readonly TargetProperty[] = [
  property('user', 'accountEnabled', 'boolean', mandatory),
  property('user', 'businessPhones', 'string-collection', { maxCount: 1 }),
  text('city', 128),
  text('companyName', 64),
  text('country', 128),
  text('department', 64),
  text('displayName', 256, mandatory),
  text('employeeId', 16),
  text('employeeType'),
  text('faxNumber'),
  text('givenName', 64),
  text('jobTitle', 128),
  text('mail', null, { isClearable: false }),
  text('mailNickname', 64, { ...mandatory, isUnique: true, check: checkNickname }),
  text('mobilePhone', 64),
  text('officeLocation'),
  ...extensionAttributes,
  property('user', 'otherMails', 'string-collection', { maxCount: 250, maxLength: 250 }),
  text('postalCode', 40),
  text('preferredLanguage'),
  text('state', 128),
  text('streetAddress', 1_024),
  text('surname', 64),
  text('usageLocation', 2, { check: checkCountry }),
  text('userPrincipalName', 113, { ...mandatory, isUnique: true, check: checkUserPrincipalName }),
  property('group', 'description', 'string', { maxLength: 1_024 }),
  property('group', 'displayName', 'string', { ...mandatory, maxLength: 256 }),
  property('group', 'mailEnabled', 'boolean', mandatory),
  property('group', 'mailNickname', 'string', { ...mandatory, maxLength: 64, check: checkGroupNickname }),
  property('group', 'securityEnabled', 'boolean', mandatory),
];

/** Why a property that Graph knows cannot be a target. */
export const refusedTargets: Readonly<Record<string, string>> = {
  onPremisesImmutableId: 'It is the anchor: say where it comes from in "anchor".',
  uniqueName: 'It is the anchor: say where it comes from in "anchor".',
  employeeHireDate: "Graph's reference says that an application cannot update it.",
  employeeLeaveDateTime: 'Graph asks for a permission of its own that Dirbridge does not request.',
  proxyAddresses: 'It is read-only; Entra makes it from mail.',
  passwordProfile: 'Passwords never go through rules.',
  onPremisesSamAccountName: 'Only Microsoft’s own synchronization can write it; use an extension attribute.',
  onPremisesSecurityIdentifier:
    'Only Microsoft’s own synchronization can write it; use an extension attribute.',
  onPremisesDistinguishedName:
    'Only Microsoft’s own synchronization can write it; use an extension attribute.',
  groupTypes: 'Only assigned security groups are made, which have none.',
  id: 'Entra chooses it.',
};

export function targetProperty(cloudClass: CloudClass, path: string): TargetProperty | null {
  return targetProperties.find((one) => one.class === cloudClass && one.path === path) ?? null;
}
