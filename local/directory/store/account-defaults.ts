/** userAccountControl bits that decide something here. */
export const accountFlag = {
  disabled: 0x2,
  lockedOut: 0x10,
  passwordNotRequired: 0x20,
  normal: 0x200,
  interdomainTrust: 0x800,
  workstation: 0x1000,
  server: 0x2000,
  neverExpires: 0x10000,
} as const;

const typeMask =
  accountFlag.normal | accountFlag.interdomainTrust | accountFlag.workstation | accountFlag.server;
export const NEVER = '9223372036854775807';

/** A control value without an account type is that of a normal account. */
export function normalizeAccountControl(control: number): number {
  return (control & typeMask) === 0 ? control | accountFlag.normal : control;
}

export function sAMAccountTypeOfControl(control: number): string {
  if ((control & (accountFlag.workstation | accountFlag.server)) !== 0) return '805306369';
  return (control & accountFlag.interdomainTrust) !== 0 ? '805306370' : '805306368';
}

function primaryGroupOfControl(control: number): string {
  if ((control & accountFlag.server) !== 0) return '516';
  return (control & accountFlag.workstation) !== 0 ? '515' : '513';
}

/** 0x10000000 for global and universal groups, 0x20000000 for local ones, one more where it is no security group. */
export function sAMAccountTypeOfGroup(groupType: number): string {
  const isSecurity = (groupType & 0x80000000) !== 0;
  return String(((groupType & 0x4) === 0 ? 0x10000000 : 0x20000000) + (isSecurity ? 0 : 1));
}

/** What AD writes into a new account; the caller's values go over it. */
export function accountDefaults(control: number): [name: string, value: string][] {
  return [
    ['userAccountControl', String(control)],
    ['sAMAccountType', sAMAccountTypeOfControl(control)],
    ['primaryGroupID', primaryGroupOfControl(control)],
    ['accountExpires', NEVER],
    ['badPasswordTime', '0'],
    ['badPwdCount', '0'],
    ['codePage', '0'],
    ['countryCode', '0'],
    ['lastLogoff', '0'],
    ['lastLogon', '0'],
    ['logonCount', '0'],
    ['pwdLastSet', '0'],
  ];
}
