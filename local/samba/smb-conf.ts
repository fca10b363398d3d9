import { join } from 'node:path';

import type { SambaRecipe } from './samba-recipe.ts';

export interface SmbConfOptions {
  readonly recipe: SambaRecipe;
  readonly folder: string;
  readonly address: string;
  /** Whether simple binds without TLS are answered; Samba's own default refuses them with result code 8. */
  readonly isPlainBindAllowed: boolean;
  /** Whether others may join it and replicate with it, by command. */
  readonly isReplicating?: boolean;
}

/**
 * Every path is inside `folder`, so a copied folder with a newly written file is a domain controller of its own.
 * The mask in `interfaces` is needed: without it Samba finds no interface and listens nowhere.
 * `ldb:nosync` drops fsync, which a throwaway directory does not need.
 */
export function renderSmbConf(options: SmbConfOptions): string {
  const { recipe, folder, address, isPlainBindAllowed, isReplicating = false } = options;
  const services = isReplicating ? 'rpc, ldap, cldap, kdc, drepl, dns' : 'ldap, cldap, kdc';
  const at = (...parts: string[]) => join(folder, ...parts);
  return `[global]
 netbios name = ${recipe.host}
 realm = ${recipe.domain.toUpperCase()}
 workgroup = ${recipe.workgroup}
 server role = active directory domain controller
 server services = ${services}
 interfaces = ${address}/8
 bind interfaces only = yes
 pid directory = ${at('run')}
 ncalrpc dir = ${at('run', 'ncalrpc')}
 lock directory = ${folder}
 state directory = ${at('state')}
 cache directory = ${at('cache')}
 private dir = ${at('private')}
 binddns dir = ${at('bind-dns')}
 ntp signd socket directory = ${at('run', 'ntp')}
 winbindd socket directory = ${at('run', 'wb')}
 log file = ${at('log.%m')}
 ldap server require strong auth = ${isPlainBindAllowed ? 'no' : 'allow_sasl_over_tls'}
 ldb:nosync = true
 dsdb:schema update allowed = true
 load printers = no
 usershare max shares = 0
[sysvol]
 path = ${at('state', 'sysvol')}
 read only = no
[netlogon]
 path = ${at('state', 'sysvol', recipe.domain, 'scripts')}
 read only = no
`;
}
