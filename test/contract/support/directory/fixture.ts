import type { ConnectionOptions } from 'node:tls';

/** A name that may bind, with its password. */
export interface Account {
  /** What a simple bind takes: a user principal name. */
  readonly user: string;
  readonly password: string;
  readonly dn: string;
}

/**
 * One running directory for the contract suite: an empty domain whose administrator may do everything.
 * The suite makes all objects itself, over LDAP; a fixture offers only what an LDAP client cannot do alike everywhere.
 */
export interface DirectoryFixture {
  /** Port 389 of a domain controller; offers StartTLS. Simple binds in plain text may be refused here. */
  readonly ldapUrl: string;
  readonly ldapsUrl: string;
  /** Verifies the server on both: `ca` is its authority in PEM, `servername` the name in its certificate. */
  readonly tls: Readonly<Required<Pick<ConnectionOptions, 'ca' | 'servername'>>>;
  /** The domain naming context. */
  readonly baseDn: string;
  readonly admin: Omit<Account, 'dn'>;
  /** An ordinary user, enabled, member of no group but the primary one, with no rights beyond reading. */
  createDelegatedAccount(name: string): Promise<Account>;
  /** Lets that account list and read CN=Deleted Objects, which ordinary users cannot. */
  grantDeletedObjectsRead(name: string): Promise<void>;
  stop(): Promise<void>;
}
