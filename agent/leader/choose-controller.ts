import {
  connectController,
  readFacts,
  readUpToDateVector,
  type ControllerFacts,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
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

export interface ChosenController {
  readonly facts: ControllerFacts;
  /** It may lack what the watermarks cover: nothing can be told from them any more. */
  readonly isBehind: boolean;
}

/**
 * The first domain controller, in order of preference, that has all that the watermarks cover. One that lacks something
 * would tell older values as if they were new, so the first of those is taken only when `isPatienceOver`.
 * @throws SyncError of the last one tried, or at once where trying on would do harm (a refused bind, a certificate).
 */
export async function chooseController(
  access: DirectoryAccess,
  watermarks: readonly Watermark[],
  isPatienceOver: boolean,
  log: Log,
): Promise<ChosenController> {
  let last = new SyncError('LDAP_UNREACHABLE', 'no domain controller is configured');
  let behind: ControllerFacts | null = null;
  for (const url of access.urls) {
    try {
      const { facts, isBehind } = await look(access, url, watermarks);
      if (!isBehind) return { facts, isBehind };
      behind ??= facts;
      last = new SyncError(
        'LDAP_UNREACHABLE',
        `${url} may be behind the domain controller that was read last`,
        {
          context: { url },
        },
      );
      log.debug('a domain controller is behind the watermark', { url });
    } catch (error) {
      if (!(error instanceof SyncError) || !otherMayAnswer.has(error.code)) throw error;
      last = error;
      log.debug('a domain controller does not answer', { url, code: error.code });
    }
  }
  if (behind !== null && isPatienceOver) return { facts: behind, isBehind: true };
  throw last;
}

async function look(
  access: DirectoryAccess,
  url: string,
  watermarks: readonly Watermark[],
): Promise<ChosenController> {
  const connection = await connectController(access, url);
  try {
    const facts = await readFacts(connection, url);
    for (const watermark of watermarks) {
      if (isSameController(facts, watermark)) continue;
      const vector = await readUpToDateVector(connection, watermark.namingContext);
      if (!isCovered(watermark, facts, vector)) return { facts, isBehind: true };
    }
    return { facts, isBehind: false };
  } finally {
    connection.close();
  }
}

function isSameController(facts: ControllerFacts, watermark: Watermark): boolean {
  return facts.invocationId === watermark.invocationId || facts.server === watermark.server;
}

/**
 * Whether a domain controller has all that another one had when the watermark was written: what was written there, and
 * what had come to it from all others. Its vector has no entry for itself; there its own number speaks.
 */
export function isCovered(
  { invocationId, covers }: Watermark,
  facts: Pick<ControllerFacts, 'invocationId' | 'highestUsn'>,
  vector: ReadonlyMap<string, bigint> | null,
): boolean {
  if (covers === undefined || vector === null) return false;
  const needed = [...Object.entries(covers.vector), [invocationId, covers.usn] as const];
  return needed.every(([id, usn]) => {
    const has = id === facts.invocationId ? facts.highestUsn : vector.get(id);
    return has !== undefined && has >= BigInt(usn);
  });
}

/** Whether this domain controller is the one of the watermark, but went back in time: then its numbers mean nothing. */
export function isRolledBack(facts: ControllerFacts, watermark: Watermark): boolean {
  if (facts.invocationId === watermark.invocationId) return facts.highestUsn < BigInt(watermark.usn);
  return facts.server === watermark.server;
}
