import {
  connectController,
  readFacts,
  type ControllerFacts,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Doubt, LeaseState, Watermark } from '../lease/lease-state.ts';
import { standingOf, type Standing } from './controller-standing.ts';
import { isBeyondDoubt, isMissed, type DoubtContext } from './doubt.ts';

/** Failures of one domain controller that say nothing about the next. */
const otherMayAnswer: ReadonlySet<string> = new Set([
  'LDAP_UNREACHABLE',
  'LDAP_TIMEOUT',
  'LDAP_BUSY',
  'LDAP_REFUSED',
]);

export interface ChosenController {
  readonly facts: ControllerFacts;
  readonly standing: Standing;
  /** What it tells is known to be no older than what was told before; else it is told in doubt. */
  readonly isCertain: boolean;
}

export interface Choice {
  /** What was told already, and what of it may be lacking where is read now. */
  readonly told: Pick<LeaseState, 'watermarks' | 'doubts'>;
  readonly isPatienceOver: boolean;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * The domain controller to read: the first, in order of preference, that has all that was told already. Others would
 * tell older values as if they were new, so they are taken only where nothing better can be hoped for:
 * - one that went back in time, at once where no other is configured or where it provably has everything again, else when
 *   patience is over: everything is read from it;
 * - one of which it cannot be told, when patience is over;
 * - one that provably lacks something, never, unless a person has taken the one of the watermark out of the
 *   configuration, and patience is over.
 * The last two are read in doubt. As long as that lasts, one that ends it goes before the one that is read, which has all
 * that was told last and so is gone on with at once.
 * @throws SyncError LDAP_BEHIND, that of the last one tried, or at once where trying on would do harm (a refused bind, a
 * certificate).
 */
export async function chooseController(
  access: DirectoryAccess,
  { told, isPatienceOver, now }: Choice,
  log: Log,
): Promise<ChosenController> {
  const { watermarks, doubts = [] } = told;
  const context: DoubtContext = { doubts, urls: access.urls, now };
  let last = new SyncError('LDAP_UNREACHABLE', 'no domain controller is configured');
  const others: ChosenController[] = [];
  for (const url of access.urls) {
    try {
      const chosen = await look(access, url, watermarks, context);
      if (chosen.standing === 'current' && chosen.isCertain) return chosen;
      others.push(chosen);
      log.debug('a domain controller is not preferred', {
        url,
        server: chosen.facts.server,
        reason: chosen.standing === 'current' ? 'in doubt' : chosen.standing,
      });
    } catch (error) {
      if (!(error instanceof SyncError) || !otherMayAnswer.has(error.code)) throw error;
      last = error;
      log.debug('a domain controller does not answer', { url, code: error.code });
    }
  }
  const goingOn =
    others.find(({ standing, isCertain }) => standing === 'unknown' && isCertain) ??
    others.find(({ standing }) => standing === 'current');
  if (goingOn !== undefined) return goingOn;
  const [best] = acceptable(access, watermarks, isPatienceOver).flatMap((standing) =>
    others.filter((one) => one.standing === standing),
  );
  if (best !== undefined) return best;
  const [refused] = others;
  throw refused === undefined ? last : notYet(refused, watermarks);
}

/** What is taken besides one that is current, the best first. */
function acceptable(
  { urls }: DirectoryAccess,
  watermarks: readonly Watermark[],
  isPatienceOver: boolean,
): readonly Standing[] {
  if (!isPatienceOver) return urls.length === 1 ? ['caught-up', 'restored'] : ['caught-up'];
  const isGivenUp = watermarks.some(({ url }) => !urls.includes(url));
  return ['caught-up', 'restored', 'unknown', ...(isGivenUp ? (['behind'] as const) : [])];
}

function notYet({ facts, standing }: ChosenController, watermarks: readonly Watermark[]): SyncError {
  const known = [...new Set(watermarks.map(({ server }) => server))].join(', ');
  const texts: Readonly<Record<Standing, string>> = {
    current: '',
    'caught-up': '',
    restored: `${facts.server} went back in time; it is read when it has caught up, or when waiting for the others was in vain`,
    unknown: `whether ${facts.server} has all that ${known} told cannot be read from it; it is read when waiting for ${known} was in vain`,
    behind: `${facts.server} lacks changes that ${known} told already; it is not read until they have come to it`,
  };
  return new SyncError('LDAP_BEHIND', texts[standing], { context: { url: facts.url, server: facts.server } });
}

async function look(
  access: DirectoryAccess,
  url: string,
  watermarks: readonly Watermark[],
  context: DoubtContext,
): Promise<ChosenController> {
  const connection = await connectController(access, url);
  try {
    const facts = await readFacts(connection, url);
    const standing = await standingOf(connection, facts, watermarks);
    const isCertain =
      isNoOlder(standing, facts, context.doubts) && (await isBeyondDoubt(connection, facts, context));
    return { facts, standing, isCertain };
  } finally {
    connection.close();
  }
}

/**
 * By what was told last. What was told in doubt binds the one that is missed only where it provably lacks it: else, where
 * vectors cannot be read, no return would ever end the doubt.
 */
function isNoOlder(standing: Standing, facts: ControllerFacts, doubts: readonly Doubt[]): boolean {
  if (standing === 'behind') return false;
  return standing !== 'unknown' || (doubts.length > 0 && doubts.every(({ told }) => isMissed(facts, told)));
}
