import { isMember, isRemovalInDoubt } from '../../shared/fold/fold-member.ts';
import type { StagedObject } from '../../shared/model/staged-object.ts';
import type { MemberTarget } from '../../shared/plan/operation.ts';
import { membersPerWrite } from '../../shared/plan/step.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import {
  memberRange,
  memberRowKey,
  pendingRange,
  pendingRowKey,
  type PendingState,
} from '../../shared/state/keys.ts';
import type { MemberRecord } from '../../shared/state/object-record.ts';
import { eachPage } from './each-page.ts';
import { hasMembersToCome } from './members-to-come.ts';
import {
  loadObjects,
  partitionKeyOf,
  readRow,
  untilSettled,
  writeMember,
  writeObject,
  type Place,
} from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { resolveTargets, writeReferences } from './resolve-targets.ts';

/** Values of one group looked at in one turn: five writes of twenty. */
const membersAtOnce = 100;
/** Rows read at once where a whole group is gone through. */
const rowsAtOnce = 1_000;

export interface PendingMembers {
  readonly add: readonly MemberTarget[];
  readonly remove: readonly MemberTarget[];
  /** Of `remove`, who is missing on a doubtful word alone. */
  readonly doubtful: readonly string[];
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
  /** An attempt ran out without a record: values that are ready may be in the cloud already, or out of it. */
  readonly isUnknown: boolean;
  /** Members that this attempt was about to write. */
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
  const range = pendingRange(group, 'ready');
  if (turn.isUnknown) await reopen(pipeline, place, group, turn.uncertain);
  const rows = await pipeline.tables.range('Objects', partitionKeyOf(place), {
    ...range,
    limit: membersAtOnce,
    keysOnly: true,
  });
  if (rows.length === 0) return { add: [], remove: [], doubtful: [], hasMore: false, fillAt: null };
  const members = rows.map((row) => row.rowKey.slice(range.from.length));
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
  const targets = await resolveTargets(pipeline, place.connector, turn.isUnknown ? members : wanted);
  const candidates: Addition[] = [];
  const remove: MemberTarget[] = [];
  const settled = new Map<string, PendingState | null>();
  for (const member of members) {
    const applied = loaded.get(member)?.value.applied ?? null;
    const target = targets.get(member);
    if (isWanted(member)) {
      if (target === undefined) settled.set(member, 'waiting');
      else if (target.cloudId === applied && !turn.isUnknown) settled.set(member, null);
      else candidates.push({ key: member, ...target });
      continue;
    }
    // Taking out who is not there is answered with 404, and that is as good.
    const cloudId = applied ?? (turn.isUnknown ? (target?.cloudId ?? null) : null);
    if (cloudId === null) settled.set(member, null);
    else remove.push({ key: member, cloudId });
  }
  await settleMembers(pipeline, place, staged, settled);
  candidates.push(...(await linkedMeanwhile(pipeline, place, group, settled)));
  const hasMore = rows.length === membersAtOnce;
  const isInDoubt = ({ key }: MemberTarget): boolean => {
    const state = loaded.get(key)?.value.state;
    return state !== undefined && isRemovalInDoubt(state, staged.lists['member']);
  };
  const doubtful = remove.filter(isInDoubt).map(({ key }) => key);
  return { ...(await ripeAdditions(pipeline, place, turn, candidates, hasMore)), remove, doubtful, hasMore };
}

/**
 * A value that turned back between look and attempt was settled by its fold, or by another holder of the session: then
 * nothing but the attempt knows that it may have been written.
 */
async function reopen(
  pipeline: Pipeline,
  place: Place,
  group: string,
  members: readonly string[],
): Promise<void> {
  if (members.length === 0) return;
  const loaded = await loadMembers(pipeline, place, group, members);
  const settled = members.filter((member) => loaded.get(member)?.value.pending === null);
  await updateMembers(pipeline, place, group, settled, (_member, record) => ({
    ...record,
    pending: record.pending ?? 'ready',
  }));
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
    turn.isBulk && !turn.isUnknown && !hasMore && candidates.length > 0 && ripe.length < membersPerWrite;
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

async function loadMembers(pipeline: Pipeline, place: Place, group: string, members: readonly string[]) {
  const rows = await pipeline.tables.getMany(
    'Objects',
    partitionKeyOf(place),
    members.map((member) => memberRowKey(group, member)),
  );
  return new Map(
    members.flatMap((member) => {
      const loaded = readRow<MemberRecord>(rows.get(memberRowKey(group, member)));
      return loaded === null ? [] : [[member, loaded] as const];
    }),
  );
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

/**
 * Reads, changes and writes member rows together with the pending rows that stand for them. With an owner, only as long
 * as the group's attempt is his: the group's row goes along unchanged, so that whoever took it over in between is noticed.
 */
export async function updateMembers(
  pipeline: Pipeline,
  place: Place,
  group: string,
  members: readonly string[],
  change: (member: string, record: MemberRecord) => MemberRecord,
  owner: string | null = null,
): Promise<void> {
  const now = pipeline.clock.now();
  for (let at = 0; at < members.length; at += 33) {
    const some = members.slice(at, at + 33);
    const isOurs = await untilSettled(async () => {
      const [proof, loaded] = await Promise.all([
        owner === null ? [] : proofOf(pipeline, place, group, owner),
        loadMembers(pipeline, place, group, some),
      ]);
      if (proof === null) return false;
      const groups: RowWrite[][] = [];
      for (const [member, { value, etag }] of loaded) {
        const next = change(member, value);
        const writes: RowWrite[] = [writeMember(group, member, next, etag)];
        if (next.pending !== value.pending) {
          if (value.pending !== null)
            writes.push({ kind: 'delete', rowKey: pendingRowKey(group, value.pending, member) });
          if (next.pending !== null)
            writes.push({
              kind: 'upsert',
              rowKey: pendingRowKey(group, next.pending, member),
              content: { data: { since: now } },
            });
        }
        groups.push(writes);
      }
      // Three rows a member at most: with the group's they are the hundred of one transaction.
      if (groups.length > 0)
        await pipeline.tables.transact('Objects', partitionKeyOf(place), [...proof, ...groups.flat()]);
      return true;
    }, pipeline);
    if (!isOurs) return;
  }
}

/** Null: the attempt is not the owner's any more. */
async function proofOf(
  pipeline: Pipeline,
  place: Place,
  group: string,
  owner: string,
): Promise<readonly RowWrite[] | null> {
  const loaded = (await loadObjects(pipeline.tables, place, [group])).get(group);
  return loaded?.value.attempt?.owner === owner ? [writeObject(loaded.value, loaded.etag)] : null;
}
