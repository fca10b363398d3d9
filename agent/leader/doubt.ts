import {
  readUpToDateVector,
  type ControllerFacts,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import type { LdapConnection } from '../../shared/adapters/active-directory/ldap-connection.ts';
import type { Doubt, LeaseState, Watermark } from '../lease/lease-state.ts';
import { larger } from '../capture/coverage.ts';
import { isCovered, standingOf } from './controller-standing.ts';

/**
 * After a person has taken the controller that is missed out of the configuration, those that are left are given so long to
 * tell each other what they had from it (replication between sites goes every three hours by default). What none of them
 * has then is lost to the directory itself.
 */
const givenUpMs = 24 * 3_600_000;

export interface DoubtContext {
  readonly doubts: readonly Doubt[];
  /** Addresses that are configured. */
  readonly urls: readonly string[];
  /** Epoch ms. */
  readonly now: number;
}

/** Whether what this domain controller tells is certain, although somebody else told more once. */
export async function isBeyondDoubt(
  connection: LdapConnection,
  facts: ControllerFacts,
  { doubts, urls, now }: DoubtContext,
): Promise<boolean> {
  for (const doubt of doubts) {
    const { told } = doubt;
    if (isGivenUp(doubt, urls, now)) continue;
    const vector = await readUpToDateVector(connection, told.namingContext);
    const has = isCovered(told, facts, vector);
    if (!isMissed(facts, told)) {
      if (has !== true) return false;
      continue;
    }
    // It can lack only what was told in doubt meanwhile, and everything where it went back in time.
    const isBack = has !== false && (await standingOf(connection, facts, [told])) === 'current';
    if (!isBack) return false;
  }
  return true;
}

/** Nothing can be hoped for any more from the one that is missed. */
export function isGivenUp({ told, since }: Doubt, urls: readonly string[], now: number): boolean {
  return !urls.includes(told.url) && now - Date.parse(since) >= givenUpMs;
}

export function isInDoubt({ doubts = [] }: Pick<LeaseState, 'doubts'>): boolean {
  return doubts.length > 0;
}

/** The one that was read last without doubt. */
export function isMissed(facts: Pick<ControllerFacts, 'invocationId'>, told: Watermark): boolean {
  return facts.invocationId === told.invocationId;
}

/**
 * State with a watermark that is given up for a domain controller that may lack what it covers. The first one stays the
 * one that is missed; what was told since, in doubt, has to be there too before anything is certain again.
 */
export function withDoubt(state: LeaseState, told: Watermark, now: number): LeaseState {
  const { doubts = [] } = state;
  const known = doubts.find((one) => one.told.namingContext === told.namingContext);
  const others = doubts.filter((one) => one !== known);
  const since = new Date(now).toISOString();
  const next: Doubt =
    known === undefined
      ? { since, told: { ...told, cookie: '' } }
      : { ...known, told: { ...withoutCovers(known.told), ...bothCovers(known.told, told) } };
  return { ...state, doubts: [...others, next] };
}

export function withoutDoubts({ doubts: _settled, ...state }: LeaseState): LeaseState {
  return state;
}

function withoutCovers({ covers: _covers, ...told }: Watermark): Watermark {
  return told;
}

function bothCovers(a: Watermark, b: Watermark): Pick<Watermark, 'covers'> {
  if (a.covers === undefined || b.covers === undefined) return {};
  const covers: Record<string, string> = { ...a.covers };
  for (const [id, usn] of Object.entries(b.covers))
    covers[id] = String(larger(BigInt(usn), covers[id] === undefined ? undefined : BigInt(covers[id])));
  return { covers };
}
