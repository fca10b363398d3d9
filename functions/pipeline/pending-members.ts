import { isMember, isRemovalInDoubt } from '../../shared/fold/fold-member.ts';
import type { StagedObject } from '../../shared/model/staged-object.ts';
import type { MemberTarget } from '../../shared/plan/operation.ts';
import { membersPerWrite } from '../../shared/plan/step.ts';
import { memberRange, pendingRange, type PendingState } from '../../shared/state/keys.ts';
import type { MemberRecord } from '../../shared/state/object-record.ts';
import { eachPage } from './each-page.ts';
import { hasMembersToCome } from './members-to-come.ts';
import { partitionKeyOf, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { resolveTargets, writeReferences } from './resolve-targets.ts';
import { loadMembers, updateMembers } from './update-members.ts';

/** Values of one group looked at in one turn: five writes of twenty. */
const membersAtOnce = 100;
/** Rows read at once where a whole group is gone through. */
const rowsAtOnce = 1_000;

export interface PendingMembers {
  readonly add: readonly MemberTarget[];
  readonly remove: readonly MemberTarget[];
  /** Of `remove`, who is missing on a doubtful word alone. */
  readonly doubtful: readonly string[];
  /** Of those whom an earlier attempt may have written: all that this turn does not settle without a write. */
  readonly uncertain: readonly string[];
  /** More are ready than were looked at. */
  readonly hasMore: boolean;
  /** Additions are put off until then (epoch ms), so that more of them share a write; null mostly. */
  readonly fillAt: number | null;
}

/** A bulk write of fewer than twenty members waits for more of them, but never longer than this after the group was made. */
const fillMsMax = 600_000;
/** Looked at again after so long even when nobody is linked meanwhile. */
const fillPauseMs = 10_000;

export interface MemberTurn {
  readonly staged: StagedObject;
  readonly linkedAt: number;
  /** Nobody waits for it: an import. */
  readonly isBulk: boolean;
  /** Members that an attempt was about to write which ran out without a record: they may be in the cloud already, or out of it. */
  readonly uncertain: readonly string[];
}

/**
 * The differences of one group that can be written now. Costs the same in a group of 50 and of 250,000: only pending
 * values are read. What cannot be written (its target is not in the cloud yet) is moved out of the way until it is woken.
 */
export async function pendingMembers(
  pipeline: Pipeline,
  place: Place,
  turn: MemberTurn,
): Promise<PendingMembers> {
  const { staged } = turn;
  const group = staged.key;
  const { members, hasMore } = await membersInTurn(pipeline, place, turn);
  if (members.length === 0)
    return { add: [], remove: [], doubtful: [], uncertain: turn.uncertain, hasMore: false, fillAt: null };
  const uncertain = new Set(turn.uncertain);
  const loaded = await loadMembers(pipeline, place, group, members);
  const isWanted = (member: string): boolean => {
    const record = loaded.get(member)?.value;
    return record !== undefined && isMember(record.state, staged.floor, closedList(staged));
  };
  const wanted = members.filter(isWanted);
  const unreferenced = wanted.filter((member) => loaded.get(member)?.value.isReferenced !== true);
  await writeReferences(
    pipeline,
    place.connector,
    unreferenced.map((target) => ({ target, referrer: group, attribute: 'member' })),
  );
  const targets = await resolveTargets(pipeline, place.connector, [
    ...new Set([...wanted, ...members.filter((member) => uncertain.has(member))]),
  ]);
  const candidates: Addition[] = [];
  const remove: MemberTarget[] = [];
  const settled = new Map<string, PendingState | null>();
  for (const member of members) {
    const applied = loaded.get(member)?.value.applied ?? null;
    const target = targets.get(member);
    if (isWanted(member)) {
      if (target === undefined) settled.set(member, 'waiting');
      else if (target.cloudId === applied && !uncertain.has(member)) settled.set(member, null);
      else candidates.push({ key: member, ...target });
      continue;
    }
    // Taking out who is not there is answered with 404, and that is as good.
    const cloudId = applied ?? (uncertain.has(member) ? (target?.cloudId ?? null) : null);
    if (cloudId === null) settled.set(member, null);
    else remove.push({ key: member, cloudId });
  }
  await settleMembers(pipeline, place, staged, settled);
  candidates.push(...(await linkedMeanwhile(pipeline, place, group, settled)));
  const isInDoubt = ({ key }: MemberTarget): boolean => {
    const state = loaded.get(key)?.value.state;
    return state !== undefined && isRemovalInDoubt(state, staged.lists['member']);
  };
  const doubtful = remove.filter(isInDoubt).map(({ key }) => key);
  return {
    ...(await ripeAdditions(pipeline, place, turn, candidates, hasMore)),
    ...{ remove, doubtful, hasMore },
    uncertain: turn.uncertain.filter((member) => settled.get(member) !== null),
  };
}

/**
 * Those whose outcome is uncertain come first: a group is not done before, and the ready rows of a large one begin with
 * the same hundred in every turn.
 */
async function membersInTurn(
  pipeline: Pipeline,
  place: Place,
  { staged, uncertain }: MemberTurn,
): Promise<{ readonly members: readonly string[]; readonly hasMore: boolean }> {
  const range = pendingRange(staged.key, 'ready');
  const reopened = await reopen(pipeline, place, staged.key, uncertain.slice(0, membersAtOnce));
  const rows = await pipeline.tables.range('Objects', partitionKeyOf(place), {
    ...range,
    limit: membersAtOnce,
    keysOnly: true,
  });
  const ready = rows.map((row) => row.rowKey.slice(range.from.length));
  const all = [...new Set([...reopened, ...ready])];
  const hasMore =
    rows.length === membersAtOnce || all.length > membersAtOnce || uncertain.length > membersAtOnce;
  return { members: all.slice(0, membersAtOnce), hasMore };
}

/**
 * A value that turned back between look and attempt was settled by its fold, or by another holder of the session: then
 * nothing but the attempt knows that it may have been written. What waits or is held stays so.
 * @returns who of them is ready.
 */
async function reopen(
  pipeline: Pipeline,
  place: Place,
  group: string,
  members: readonly string[],
): Promise<readonly string[]> {
  if (members.length === 0) return [];
  const loaded = await loadMembers(pipeline, place, group, members);
  const pendingOf = (member: string) => loaded.get(member)?.value.pending;
  const settled = members.filter((member) => pendingOf(member) === null);
  await updateMembers(pipeline, place, group, settled, (_member, record) => ({
    ...record,
    pending: record.pending ?? 'ready',
  }));
  return members.filter((member) => pendingOf(member) === null || pendingOf(member) === 'ready');
}

interface Addition extends MemberTarget {
  /** Epoch ms from which the member may be referred to. */
  readonly settledAt: number;
}

/** Members made a moment ago wait until Graph's replicas know them; a bulk write also waits to be full. */
async function ripeAdditions(
  pipeline: Pipeline,
  place: Place,
  turn: MemberTurn,
  candidates: readonly Addition[],
  hasMore: boolean,
): Promise<Pick<PendingMembers, 'add' | 'fillAt'>> {
  const now = pipeline.clock.now();
  const ripe = candidates.filter((one) => one.settledAt <= now);
  const unripe = candidates.filter((one) => one.settledAt > now);
  const ripeAt = unripe.length === 0 ? null : Math.min(...unripe.map((one) => one.settledAt));
  const mayWait =
    turn.isBulk &&
    turn.uncertain.length === 0 &&
    !hasMore &&
    candidates.length > 0 &&
    ripe.length < membersPerWrite;
  const isFilling = mayWait && (ripeAt !== null || (await isIncomplete(pipeline, place, turn)));
  const add = isFilling ? [] : ripe.map(({ key, cloudId }) => ({ key, cloudId }));
  return { add, fillAt: ripeAt ?? (isFilling ? now + fillPauseMs : null) };
}

/** Members of the group are still on their way to the cloud, and it is not too old to wait for them. */
async function isIncomplete(
  pipeline: Pipeline,
  place: Place,
  { staged, linkedAt }: MemberTurn,
): Promise<boolean> {
  const until = linkedAt + fillMsMax;
  if (pipeline.clock.now() >= until) return false;
  return hasMembersToCome(pipeline, place, { group: staged.key, linkedAt, until });
}

export function closedList(staged: StagedObject) {
  return staged.lists['member']?.closed ?? null;
}

/**
 * Moves pending rows without a write to the target: to waiting, or away where nothing differs any more. A value that was
 * folded since it was read stays ready: what was decided was about an older one.
 */
async function settleMembers(
  pipeline: Pipeline,
  place: Place,
  staged: StagedObject,
  states: ReadonlyMap<string, PendingState | null>,
): Promise<void> {
  await updateMembers(pipeline, place, staged.key, [...states.keys()], (member, record) => {
    const state = states.get(member) ?? null;
    const isWanted = isMember(record.state, staged.floor, closedList(staged));
    const holds = state === 'waiting' ? isWanted : isWanted === (record.applied !== null);
    return {
      ...record,
      pending: holds ? state : 'ready',
      isReferenced: record.isReferenced || state === 'waiting',
    };
  });
}

/**
 * A target that was linked after its link had been read here, but before its value was marked as waiting, found a value
 * that was ready and woke nobody. So links are read once more: whoever comes second sees the other (SPEC I6).
 */
async function linkedMeanwhile(
  pipeline: Pipeline,
  place: Place,
  group: string,
  settled: ReadonlyMap<string, PendingState | null>,
): Promise<readonly Addition[]> {
  const waiting = [...settled].flatMap(([member, state]) => (state === 'waiting' ? [member] : []));
  if (waiting.length === 0) return [];
  const targets = await resolveTargets(pipeline, place.connector, waiting);
  await updateMembers(pipeline, place, group, [...targets.keys()], (_member, record) => ({
    ...record,
    pending: record.pending === null ? null : 'ready',
  }));
  return [...targets].map(([key, target]) => ({ key, ...target }));
}

/**
 * Records what was written: which cloud id stands for which member now (null: taken out). A value that was folded
 * meanwhile keeps its newer state and stays pending where it differs. Returns whether any does.
 */
export async function recordMembers(
  pipeline: Pipeline,
  place: Place,
  staged: StagedObject,
  written: ReadonlyMap<string, string | null>,
  owner: string,
): Promise<boolean> {
  let isAnyLeft = false;
  const change = (member: string, record: MemberRecord): MemberRecord => {
    const applied = written.get(member) ?? null;
    const isSame = isMember(record.state, staged.floor, closedList(staged)) === (applied !== null);
    isAnyLeft ||= !isSame;
    return {
      ...record,
      applied,
      pending: isSame ? null : 'ready',
      isReferenced: record.isReferenced || applied !== null,
    };
  };
  await updateMembers(pipeline, place, staged.key, [...written.keys()], change, owner);
  return isAnyLeft;
}

/** The cloud group is another one than before, and has no members: whatever was applied to the old one is to be done again. */
export async function forgetMembers(
  pipeline: Pipeline,
  place: Place,
  staged: StagedObject,
  owner: string,
): Promise<void> {
  const range = memberRange(staged.key);
  await eachPage(pipeline, place, { table: 'Objects', ...range, limit: rowsAtOnce }, async (rows) => {
    const applied = rows.filter((row) => (row.data as MemberRecord).applied !== null);
    const members = applied.map((row) => row.rowKey.slice(range.from.length));
    const change = (_member: string, record: MemberRecord): MemberRecord => ({
      ...record,
      applied: null,
      pending: isMember(record.state, staged.floor, closedList(staged)) ? 'ready' : null,
    });
    await updateMembers(pipeline, place, staged.key, members, change, owner);
  });
}
