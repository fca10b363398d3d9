import {
  connectController,
  readFacts,
  readUpToDateVector,
  type ControllerFacts,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import type { LdapConnection } from '../../shared/adapters/active-directory/ldap-connection.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Watermark } from '../lease/lease-state.ts';

/** Failures of one domain controller that say nothing about the next. */
const otherMayAnswer: ReadonlySet<string> = new Set([
  'LDAP_UNREACHABLE',
  'LDAP_TIMEOUT',
  'LDAP_BUSY',
  'LDAP_REFUSED',
]);

/**
 * The first domain controller, in order of preference, that has all that the watermarks cover. One that is behind would
 * tell older values as if they were new, so it is taken only when `isPatienceOver`.
 * @throws SyncError of the last one tried, or at once where trying on would do harm (a refused bind, a certificate).
 */
export async function chooseController(
  access: DirectoryAccess,
  watermarks: readonly Watermark[],
  isPatienceOver: boolean,
  log: Log,
): Promise<ControllerFacts> {
  let last = new SyncError('LDAP_UNREACHABLE', 'no domain controller is configured');
  for (const url of access.urls) {
    try {
      const facts = await look(access, url, watermarks, isPatienceOver);
      if (facts !== null) return facts;
      last = new SyncError('LDAP_UNREACHABLE', `${url} is behind the domain controller that was read last`, {
        context: { url },
      });
      log.debug('a domain controller is behind the watermark', { url });
    } catch (error) {
      if (!(error instanceof SyncError) || !otherMayAnswer.has(error.code)) throw error;
      last = error;
      log.debug('a domain controller does not answer', { url, code: error.code });
    }
  }
  throw last;
}

async function look(
  access: DirectoryAccess,
  url: string,
  watermarks: readonly Watermark[],
  isPatienceOver: boolean,
): Promise<ControllerFacts | null> {
  const connection = await connectController(access, url);
  try {
    const facts = await readFacts(connection, url);
    for (const watermark of watermarks) {
      if (!isPatienceOver && !(await hasAllOf(connection, facts, watermark))) return null;
    }
    return facts;
  } finally {
    connection.close();
  }
}

async function hasAllOf(
  connection: LdapConnection,
  facts: ControllerFacts,
  watermark: Watermark,
): Promise<boolean> {
  if (facts.invocationId === watermark.invocationId || facts.server === watermark.server) return true;
  const vector = await readUpToDateVector(connection, watermark.namingContext);
  const covered = vector?.get(watermark.invocationId);
  return covered !== undefined && covered >= BigInt(watermark.usn);
}

/** Whether this domain controller is the one of the watermark, but went back in time: then its numbers mean nothing. */
export function isRolledBack(facts: ControllerFacts, watermark: Watermark): boolean {
  if (facts.invocationId === watermark.invocationId) return facts.highestUsn < BigInt(watermark.usn);
  return facts.server === watermark.server;
}
