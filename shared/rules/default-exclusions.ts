import { toInteger, isNotCoercible } from './expressions/coercions.ts';
import { isList, type RuntimeValue } from './expressions/runtime-value.ts';
import type { Sync } from './rule-set.ts';
import { distinguishedName } from './attribute-names.ts';

type Read = (attribute: string) => RuntimeValue;

/**
 * What `exclude: defaults` leaves out: the objects that Microsoft's own synchronization leaves out (Entra Connect,
 * "Understanding the default configuration", and its out-of-box inbound rules).
 */
export interface DefaultExclusion {
  readonly clause: string;
  readonly classes: readonly Sync['sourceClass'][];
  readonly attributes: readonly string[];
  readonly isExcluded: (read: Read) => boolean;
}

const both = ['user', 'group'] as const;

function textOf(value: RuntimeValue): string {
  return typeof value === 'string' ? value : '';
}

function integerOf(value: RuntimeValue): bigint {
  const number = isList(value) ? null : toInteger(value);
  return number === null || isNotCoercible(number) ? 0n : number;
}

/** The mask of Connect's own rule: system, arbitration and discovery mailboxes and mailbox plans. */
const systemMailboxTypes = 0x21c07000n;
/** RoleGroup. */
const roleGroupType = 0x40000000n;
/** SAM_TRUST_ACCOUNT: the account of a trust between domains (MS-SAMR 2.2.1.9). */
const trustAccount = 0x30000002n;

export const defaultExclusions: readonly DefaultExclusion[] = [
  {
    clause: 'isCriticalSystemObject',
    classes: both,
    attributes: ['isCriticalSystemObject'],
    isExcluded: (read) => textOf(read('isCriticalSystemObject')).toUpperCase() === 'TRUE',
  },
  {
    clause: 'no sAMAccountName',
    classes: both,
    attributes: ['sAMAccountName'],
    isExcluded: (read) => textOf(read('sAMAccountName')) === '',
  },
  {
    clause: 'service account (sAMAccountName begins with AAD_ or MSOL_, or is SUPPORT_388945a0)',
    classes: both,
    attributes: ['sAMAccountName'],
    isExcluded: (read) => /^(AAD_|MSOL_|SUPPORT_388945a0$)/i.test(textOf(read('sAMAccountName'))),
  },
  {
    clause: 'system account (sAMAccountName begins with CAS_{ or has a })',
    classes: ['user'],
    attributes: ['sAMAccountName'],
    isExcluded: (read) => /^CAS_\{|\}/i.test(textOf(read('sAMAccountName'))),
  },
  {
    clause: 'system mailbox (mailNickname begins with SystemMailbox{ or CAS_{)',
    classes: both,
    attributes: ['mailNickname'],
    isExcluded: (read) => /^(SystemMailbox|CAS_)\{/i.test(textOf(read('mailNickname'))),
  },
  {
    clause: 'system mailbox (msExchRecipientTypeDetails)',
    classes: ['user'],
    attributes: ['msExchRecipientTypeDetails'],
    isExcluded: (read) => (integerOf(read('msExchRecipientTypeDetails')) & systemMailboxTypes) !== 0n,
  },
  {
    clause: 'Exchange role group (msExchRecipientTypeDetails)',
    classes: ['group'],
    attributes: ['msExchRecipientTypeDetails'],
    isExcluded: (read) => integerOf(read('msExchRecipientTypeDetails')) === roleGroupType,
  },
  {
    clause: 'account of a trust (sAMAccountType)',
    classes: ['user'],
    attributes: ['sAMAccountType'],
    isExcluded: (read) => integerOf(read('sAMAccountType')) === trustAccount,
  },
  {
    // Replication renames the loser of a name clash to "name<LF>CNF:guid"; LDAP prints the line feed as \0A.
    clause: 'replication conflict object (CNF)',
    classes: both,
    attributes: [distinguishedName],
    isExcluded: (read) => /\\0ACNF:|\nCNF:/i.test(textOf(read(distinguishedName))),
  },
];
