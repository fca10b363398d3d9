import type { Random } from '../../shared/ports/random.ts';
import type { LeaseState } from '../lease/lease-state.ts';

/** State with a new import of everything. Watermarks stay: what changes meanwhile goes on coming by DirSync. */
export function withNewImport(state: LeaseState, random: Random, reason: string): LeaseState {
  return { ...state, import: { id: random.id('i'), reason, contexts: [] } };
}

/** State for a naming context whose watermark is of no use any more: a new cookie, and everything read again. */
export function withoutWatermark(
  state: LeaseState,
  namingContext: string,
  random: Random,
  reason: string,
): LeaseState {
  const watermarks = state.watermarks.filter((one) => one.namingContext !== namingContext);
  return withNewImport({ ...state, watermarks }, random, reason);
}
