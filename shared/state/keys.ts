/**
 * RowKeys of table Objects, whose PartitionKey is `connector|partition`.
 *
 * `o|key` object · `i|priority|due|kind|id` what is to be done and when · `m|group|member` one value of a link ·
 * `p|group|0|member` a value to be written, `p|group|1|member` one that waits for its target, `p|group|2|hold|member` a
 * removal that is held · `w` the one outstanding work · `c` counts of linked objects.
 */

/** Order of work: what protects people first, then live changes, then bulk with users before the groups they are in. */
export type Priority = 'urgent' | 'live' | 'bulk';

/** What an index row is about: an object to plan, wake-ups owed (for a link, for a freed name) or to be taken, counts of an import or of a whole list. */
export type IndexKind = 'object' | 'wake' | 'freed' | 'woken' | 'import' | 'list';

export interface IndexKey {
  /** '0' urgent, '1' live, '2' bulk of users, '3' bulk of everything else, '9' parked: looked at, nothing to do now. */
  readonly rank: string;
  /** Epoch ms. */
  readonly due: number;
  readonly kind: IndexKind;
  readonly id: string;
}

export const parkedRank = '9';
export const activeRanks = ['0', '1', '2', '3'] as const;

export function rankOf(priority: Priority, sourceClass: string | null): string {
  if (priority === 'urgent') return '0';
  if (priority === 'live') return '1';
  return sourceClass === 'group' ? '3' : '2';
}

export function priorityOf(rank: string): Priority {
  if (rank === '0') return 'urgent';
  return rank === '1' ? 'live' : 'bulk';
}

/** Fourteen digits last until the year 5138; a clock that says more must not make a row that nobody finds again. */
const dueMax = 10 ** 14 - 1;
const dueText = (due: number): string =>
  String(Math.min(dueMax, Math.max(0, Math.floor(due)))).padStart(14, '0');

export function indexRowKey(key: IndexKey): string {
  return `i|${key.rank}|${dueText(key.due)}|${key.kind}|${key.id}`;
}

export function parseIndexRowKey(rowKey: string): IndexKey | null {
  const match = /^i\|(\d)\|(\d{14})\|(object|wake|freed|woken|import|list)\|(.+)$/.exec(rowKey);
  if (match === null) return null;
  const [, rank = '', due = '', kind = '', id = ''] = match;
  return { rank, due: Number(due), kind: kind as IndexKind, id };
}

export function rankRange(rank: string): { from: string; to: string } {
  return { from: `i|${rank}|`, to: `i|${rank}}` };
}

export const objectRowKey = (key: string): string => `o|${key}`;
export const objectRange = (after: string | null): { from: string; to: string } => ({
  from: after === null ? 'o|' : `o|${after}\u0001`,
  to: 'o}',
});
export const memberRowKey = (group: string, member: string): string => `m|${group}|${member}`;
export const memberRange = (group: string): { from: string; to: string } => ({
  from: `m|${group}|`,
  to: `m|${group}}`,
});
/** `held|…` names the hold that a removal waits in, together with others of its group. */
export type PendingState = 'ready' | 'waiting' | `held|${string}`;
export const heldState = (hold: string): PendingState => `held|${hold}`;
export const isHeldState = (state: PendingState | null): boolean => state?.startsWith('held|') === true;
function pendingPart(state: PendingState): string {
  if (state === 'ready') return '0';
  return state === 'waiting' ? '1' : state.replace('held', '2');
}
export const pendingRowKey = (group: string, state: PendingState, member: string): string =>
  `p|${group}|${pendingPart(state)}|${member}`;
export const pendingRange = (group: string, state: PendingState): { from: string; to: string } => ({
  from: `p|${group}|${pendingPart(state)}|`,
  to: `p|${group}|${pendingPart(state)}}`,
});
/** Held removals of a group in the order of their holds. */
export const heldRange = (group: string): { from: string; to: string } => ({
  from: `p|${group}|2|`,
  to: `p|${group}|2}`,
});
export const workRowKey = 'w';
export const countRowKey = 'c';

export const objectsPartition = (connector: string, partition: string): string => `${connector}|${partition}`;
export const referenceRowKey = (target: string, referrer: string, attribute: string): string =>
  `${target}|${referrer}|${attribute}`;
export const referenceRange = (target: string): { from: string; to: string } => ({
  from: `${target}|`,
  to: `${target}}`,
});
