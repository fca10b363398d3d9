import { isMember, isRemovalInDoubt } from '../../shared/fold/fold-member.ts';
import { judgeHold, type Hold } from '../../shared/guard/hold.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import { heldRange, heldState, memberRowKey } from '../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord } from '../../shared/state/object-record.ts';
import { eachPage } from './each-page.ts';
import type { Permit } from './guard-question.ts';
import { changeHold, closeHolds, loadHold, waitsForPerson } from './hold-rows.ts';
import { partitionKeyOf, readRow, type Place } from './object-rows.ts';
import { closedList } from './pending-members.ts';
import type { Pipeline } from './pipeline.ts';
import { updateMembers } from './update-members.ts';

const rowsAtOnce = 1_000;

export interface HeldRemovals {
  /** Holds of removals that still stand for the group. */
  readonly memberHolds: readonly string[];
  /** Removals of one approved hold; others follow in the next turn. */
  readonly operations: readonly Operation[];
  readonly permits: readonly Permit[];
  /** Members are to be looked at again, or another hold is to be carried out. */
  readonly hasMore: boolean;
}

interface Group {
  readonly place: Place;
  readonly record: ObjectRecord;
  /** Removals may be carried out: by the mode, and since the group belongs. */
  readonly mayRemove: boolean;
  readonly isLeaving: boolean;
}

/**
 * What became of the removals of a group that were held: members that came back have left their hold, which closes with the
 * last of them; what was approved is carried out, one hold a turn; what a person need not decide any more is judged anew.
 */
export async function settleHeldRemovals(pipeline: Pipeline, group: Group): Promise<HeldRemovals> {
  const hashes = group.record.memberHolds ?? [];
  if (hashes.length === 0) return { memberHolds: [], operations: [], permits: [], hasMore: false };
  const { place, record } = group;
  // A group that leaves takes its members along: what was held for them must not be carried out when it returns.
  if (group.isLeaving) await closeHolds(pipeline, place.connector, hashes);
  const members = await heldMembers(pipeline, place, record.staged.key);
  const memberHolds: string[] = [];
  let approved: { readonly hold: string; readonly operations: readonly Operation[] } | null = null;
  let hasMore = false;
  for (const hash of hashes) {
    const hold = (await loadHold(pipeline, place.connector, hash))?.value ?? null;
    const certain = await certainOf(pipeline, group, hold, members.get(hash) ?? []);
    hasMore ||= certain.length > 0;
    const left = (members.get(hash) ?? []).filter((member) => !certain.includes(member));
    if (left.length === 0) {
      await closeHolds(pipeline, place.connector, [hash]);
      continue;
    }
    const fate = group.isLeaving ? 'waits' : fateOf(pipeline, hold, record);
    if (fate === 'anew') {
      await closeHolds(pipeline, place.connector, [hash]);
      await release(pipeline, group, hash, left);
      hasMore = true;
      continue;
    }
    memberHolds.push(hash);
    if (hold !== null) await shrink(pipeline, place, hold, left);
    if (fate === 'waits' || !group.mayRemove) continue;
    if (approved === null) approved = { hold: hash, operations: await removals(pipeline, group, hash, left) };
    else hasMore = true;
  }
  const operations = approved?.operations ?? [];
  return {
    memberHolds,
    operations,
    permits: approved === null || operations.length === 0 ? [] : [approved],
    hasMore: hasMore || (approved !== null && operations.length === 0),
  };
}

function fateOf(pipeline: Pipeline, hold: Hold | null, record: ObjectRecord): 'waits' | 'goes' | 'anew' {
  if (hold === null || hold.status === 'overtaken') return 'anew';
  const verdict = judgeHold(hold, record.attempt?.owner ?? null, pipeline.clock.now());
  if (verdict === 'allowed') return 'goes';
  return verdict === 'rejected' ||
    waitsForPerson(hold, { cause: hold.cause, revision: record.revision ?? null })
    ? 'waits'
    : 'anew';
}

/** Who was held on a doubtful word and is missing for certain now: the budget decides about him. */
async function certainOf(
  pipeline: Pipeline,
  group: Group,
  hold: Hold | null,
  members: readonly string[],
): Promise<readonly string[]> {
  if (group.isLeaving || hold?.cause !== 'doubt' || hold.status !== 'held') return [];
  const { place, record } = group;
  const { staged } = record;
  const rows = await pipeline.tables.getMany(
    'Objects',
    partitionKeyOf(place),
    members.map((member) => memberRowKey(staged.key, member)),
  );
  const certain = members.filter((member) => {
    const state = readRow<MemberRecord>(rows.get(memberRowKey(staged.key, member)))?.value.state;
    return state === undefined || !isRemovalInDoubt(state, staged.lists['member']);
  });
  await release(pipeline, group, hold.hash, certain);
  return certain;
}

/** Members by the hold they wait in. */
async function heldMembers(
  pipeline: Pipeline,
  place: Place,
  group: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const range = heldRange(group);
  const members = new Map<string, string[]>();
  await eachPage(
    pipeline,
    place,
    { table: 'Objects', ...range, limit: rowsAtOnce, keysOnly: true },
    (rows) => {
      for (const { rowKey } of rows) {
        const [hold = '', member = ''] = rowKey.slice(range.from.length).split('|');
        members.set(hold, [...(members.get(hold) ?? []), member]);
      }
      return Promise.resolve();
    },
  );
  return members;
}

/** A person decides about those who are still to be taken out. */
async function shrink(pipeline: Pipeline, place: Place, hold: Hold, left: readonly string[]): Promise<void> {
  if (hold.status !== 'held' || hold.members?.length === left.length) return;
  await changeHold(pipeline, place.connector, hold.hash, (current) =>
    current.status === 'held' ? { ...current, members: left } : null,
  );
}

/** Whoever is wanted again, or was never there, is looked at as if nothing had been held. */
async function removals(
  pipeline: Pipeline,
  group: Group,
  hash: string,
  members: readonly string[],
): Promise<readonly Operation[]> {
  const { place, record } = group;
  const { staged, link } = record;
  if (link === null) return [];
  const keys = members.map((member) => memberRowKey(staged.key, member));
  const rows = await pipeline.tables.getMany('Objects', partitionKeyOf(place), keys);
  const operations: Operation[] = [];
  const others: string[] = [];
  for (const member of members) {
    const row = readRow<MemberRecord>(rows.get(memberRowKey(staged.key, member)))?.value;
    const isWanted = row !== undefined && isMember(row.state, staged.floor, closedList(staged));
    const cloudId = row?.applied ?? null;
    if (isWanted || cloudId === null) others.push(member);
    else
      operations.push({
        key: staged.key,
        cloudClass: link.cloudClass,
        cloudId: link.cloudId,
        reasons: [{ rule: `${link.sync}.members`, version: null }],
        kind: 'remove-member',
        member: { key: member, cloudId },
      });
  }
  await release(pipeline, group, hash, others);
  return operations;
}

async function release(
  pipeline: Pipeline,
  { place, record }: Group,
  hash: string,
  members: readonly string[],
): Promise<void> {
  await updateMembers(pipeline, place, record.staged.key, members, (_member, row) =>
    row.pending === heldState(hash) ? { ...row, pending: 'ready' } : row,
  );
}
