import { textsOf, type Entry } from './directory-client.ts';
import type { Picture, Shown, Value } from './picture.ts';

const nowAsFileTime = (): bigint => (BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n;
const never = 9_223_372_036_854_775_807n;
const accountDisabled = 2;
const securityGroup = 0x8000_0000;
const defaultSuffix = 'contoso.com';

/** Property in Graph, attribute in the directory: what is carried over as it stands. */
const carriedOver = {
  userPrincipalName: 'userPrincipalName',
  givenName: 'givenName',
  surname: 'sn',
  mail: 'mail',
  businessPhones: 'telephoneNumber',
  mobilePhone: 'mobile',
  faxNumber: 'facsimileTelephoneNumber',
  jobTitle: 'title',
  department: 'department',
  companyName: 'company',
  officeLocation: 'physicalDeliveryOfficeName',
  streetAddress: 'streetAddress',
  city: 'l',
  state: 'st',
  postalCode: 'postalCode',
  country: 'co',
  usageLocation: 'c',
  preferredLanguage: 'preferredLanguage',
  employeeId: 'employeeID',
} as const;

/**
 * What a reader of the rules would expect to find in the cloud, worked out from the directory as it is. It shares
 * nothing with the product: neither its rules nor its expression language.
 */
export function expectedPicture(entries: readonly Entry[]): Picture {
  const wanted = entries.filter((entry) => !isLeftOut(entry));
  const anchors = new Map(wanted.map((entry) => [entry.dn.toLowerCase(), anchorOf(entry)]));
  const picture = new Map<string, Shown>();
  for (const entry of wanted)
    picture.set(anchorOf(entry), isGroup(entry) ? groupOf(entry, wanted, anchors) : userOf(entry, anchors));
  return picture;
}

function userOf(entry: Entry, anchors: ReadonlyMap<string, string>): Shown {
  const values: Record<string, Value> = {};
  for (const [property, attribute] of Object.entries(carriedOver)) values[property] = text(entry, attribute);
  const account = text(entry, 'sAMAccountName') ?? '';
  const principal = text(entry, 'userPrincipalName') ?? `${account}@${defaultSuffix}`;
  values['userPrincipalName'] = principal;
  values['mailNickname'] = text(entry, 'mailNickname') ?? account.replaceAll(' ', '');
  values['displayName'] = text(entry, 'displayName') ?? text(entry, 'name');
  values['employeeType'] = text(entry, 'employeeType') ?? 'Employee';
  for (let number = 1; number <= 15; number += 1)
    values[`extensionAttribute${number}`] = text(entry, `extensionAttribute${number}`);
  values['accountEnabled'] = isEnabled(entry);
  const manager = text(entry, 'manager');
  values['manager'] = manager === null ? null : (anchors.get(manager.toLowerCase()) ?? null);
  return { kind: 'user', label: principal, values, members: new Set() };
}

function groupOf(entry: Entry, all: readonly Entry[], anchors: ReadonlyMap<string, string>): Shown {
  const name = text(entry, 'displayName') ?? text(entry, 'name') ?? '';
  const nickname = (text(entry, 'sAMAccountName') ?? '').replaceAll(/[ ()@]/g, '').replaceAll('.', '-');
  const members = textsOf(entry, 'member').map((dn) => anchors.get(dn.toLowerCase()));
  // Whoever has the group as primary group is a member, but not listed as one.
  const relative = relativeId(entry);
  const primary = all.filter((one) => text(one, 'primaryGroupID') === relative).map(anchorOf);
  return {
    kind: 'group',
    label: name,
    values: {
      displayName: name,
      description: text(entry, 'description'),
      mailNickname: nickname,
      mailEnabled: false,
      securityEnabled: true,
    },
    members: new Set([...members.filter((anchor) => anchor !== undefined), ...primary]),
  };
}

function isEnabled(entry: Entry): boolean {
  if ((Number(text(entry, 'userAccountControl')) & accountDisabled) !== 0) return false;
  const expires = BigInt(text(entry, 'accountExpires') ?? '0');
  return expires === 0n || expires === never || expires > nowAsFileTime();
}

/** What synchronization leaves alone by default, as far as the demo has such objects. */
function isLeftOut(entry: Entry): boolean {
  const account = text(entry, 'sAMAccountName') ?? '';
  if (text(entry, 'isCriticalSystemObject') === 'TRUE' || account === '') return true;
  if (/^(MSOL_|AAD_)/i.test(account) || /\}/.test(account)) return true;
  if (/^(SystemMailbox|CAS_)\{/i.test(text(entry, 'mailNickname') ?? '')) return true;
  // Mail lists are no security groups; the sign bit is the mark.
  return isGroup(entry) && (Number(text(entry, 'groupType')) & securityGroup) === 0;
}

const isGroup = (entry: Entry): boolean => textsOf(entry, 'objectClass').includes('group');

export function anchorOf(entry: Entry): string {
  const [guid, consistent] = [entry['objectGUID'], entry['mS-DS-ConsistencyGuid']];
  if (!Buffer.isBuffer(guid)) throw new Error(`${entry.dn} has no objectGUID`);
  if (isGroup(entry)) return guid.toString('hex');
  return (Buffer.isBuffer(consistent) && consistent.length > 0 ? consistent : guid).toString('base64');
}

/** The last part of the security identifier. */
function relativeId(entry: Entry): string {
  const sid = entry['objectSid'];
  return Buffer.isBuffer(sid) ? String(sid.readUInt32LE(sid.length - 4)) : '';
}

function text(entry: Entry, name: string): string | null {
  const [first] = textsOf(entry, name);
  return first === undefined || first === '' ? null : first;
}
