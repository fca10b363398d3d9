import type { Random } from '../../shared/ports/random.ts';
import type { LeaseState } from '../lease/lease-state.ts';

/** State with a reading of some attributes that were not asked for before. A larger import under way takes them along. */
export function withNewAttributes(state: LeaseState, random: Random, names: readonly string[]): LeaseState {
  const running = state.import;
  const { contexts = [] } = running ?? {};
  const isUnfinished = running !== null && (contexts.length === 0 || contexts.some(({ isDone }) => !isDone));
  if (isUnfinished && running.attributes === undefined) return withNewImport(state, random, 'configuration');
  const attributes = [...new Set([...(isUnfinished ? (running.attributes ?? []) : []), ...names])];
  return { ...state, import: { id: random.id('i'), reason: 'new attributes', attributes, contexts: [] } };
}

/** State with a new import of everything. Watermarks stay: what changes meanwhile goes on coming by DirSync. */
export function withNewImport(state: LeaseState, random: Random, reason: string): LeaseState {
  return { ...state, import: { id: random.id('i'), reason, contexts: [] } };
}

/** State with the import that is under way begun again: on another domain controller its place means nothing. */
export function withImportAgain(state: LeaseState, random: Random): LeaseState {
  if (state.import === null) return state;
  return { ...state, import: { ...state.import, id: random.id('i'), contexts: [] } };
}

/** State with watermarks whose cookies are of no use any more, though what was told stays told: everything is read again. */
export function withoutCookies(state: LeaseState, random: Random, reason: string): LeaseState {
  const watermarks = state.watermarks.map((one) => ({ ...one, cookie: '' }));
  return withNewImport({ ...state, watermarks }, random, reason);
}

/** State for a naming context whose history is lost or given up: what can be read now is the truth, and is read again. */
export function withoutWatermark(
  state: LeaseState,
  namingContext: string,
  random: Random,
  reason: string,
): LeaseState {
  const watermarks = state.watermarks.filter((one) => one.namingContext !== namingContext);
  return withNewImport({ ...state, watermarks }, random, reason);
}
