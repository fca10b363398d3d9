import type { ChangeSet, LinkChange, ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { foldMember, isMember } from '../../shared/fold/fold-member.ts';
import { foldObject } from '../../shared/fold/fold-object.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { canonical } from '../../shared/plan/operation.ts';
import type { Row, RowWrite } from '../../shared/ports/table-store.ts';
import {
  isHeldState,
  memberRowKey,
  objectRowKey,
  pendingRowKey,
  rankOf,
  workRowKey,
  type Priority,
} from '../../shared/state/keys.ts';
import { newSourceNames } from '../../shared/state/source-name.ts';
import {
  newRecord,
  type MemberRecord,
  type ObjectRecord,
  type WorkRecord,
} from '../../shared/state/object-record.ts';
import { checkVersion } from './check-version.ts';
import { nameSources, type NewName } from './name-sources.ts';
import { markDirty } from './index-plan.ts';
import {
  partitionKeyOf,
  readRow,
  transactGroups,
  untilSettled,
  writeMember,
  writeObject,
  type Place,
} from './object-rows.ts';
import { closedList } from './pending-members.ts';
import type { Pipeline } from './pipeline.ts';
import { ensureWork, nameWork, repeatedWork } from './work.ts';

/**
 * Folds a change set into its partition and makes sure that a turn will come. Never waits for the target.
 * A message that comes again folds to the same rows and repeats its sending (SPEC I3).
 */
export async function foldChangeSet(pipeline: Pipeline, envelope: Envelope, set: ChangeSet): Promise<void> {
  const place = placeOf(pipeline, envelope, set);
  const { message, rank } = await untilSettled(() => foldOnce(pipeline, place, envelope, set), pipeline);
  if (message !== null) await pipeline.sender.send([message]);
  // On the live lane the session keeps turns away meanwhile; here one may have ended between look and write.
  else if (rank !== null && set.lane === 'bulk')
    await ensureWork(pipeline, place, { at: pipeline.clock.now(), rank, by: envelope.id });
}

function placeOf(pipeline: Pipeline, envelope: Envelope, set: ChangeSet): Place {
  const { connector, partition } = envelope;
  const isForeign = set.objects.some((change) => partitionOf(connector, change.key) !== partition);
  if (partition === null || isForeign) {
    throw new SyncError(
      'CONTRACT_INVALID',
      'a change set holds objects of another partition than its envelope names',
      { context: { message: envelope.id, partition } },
    );
  }
  if (new Set(set.objects.map((change) => change.key)).size !== set.objects.length) {
    throw new SyncError('CONTRACT_INVALID', 'a change set names an object twice', {
      context: { message: envelope.id, partition },
    });
  }
  checkVersion(pipeline, envelope, set.version);
  const lists = set.objects.flatMap((change) => Object.values(change.links ?? {}).map(({ list }) => list));
  for (const list of lists) if (list !== undefined) checkVersion(pipeline, envelope, list);
  return { connector, partition };
}

async function foldOnce(pipeline: Pipeline, place: Place, envelope: Envelope, set: ChangeSet) {
  const rowKeys = [
    workRowKey,
    ...set.objects.flatMap((change) => [objectRowKey(change.key), ...memberKeys(change)]),
  ];
  const rows = await pipeline.tables.getMany('Objects', partitionKeyOf(place), [...new Set(rowKeys)]);
  const work = readRow<WorkRecord>(rows.get(workRowKey));
  const now = pipeline.clock.now();
  const memberWrites: (readonly RowWrite[])[] = [];
  const objectWrites: (readonly RowWrite[])[] = [];
  const names: NewName[] = [];
  let rank: string | null = null;
  for (const change of set.objects) {
    const folded = foldChange(change, set, rows, now);
    names.push(...folded.names);
    memberWrites.push(...folded.memberWrites);
    objectWrites.push(folded.objectWrites);
    if (folded.rank !== null && (rank === null || folded.rank < rank)) rank = folded.rank;
  }
  const named = rank === null ? null : nameWork(pipeline, place, work, { at: now, rank, by: envelope.id });
  await nameSources(pipeline, place, names);
  // The work goes with the first of them: a redelivery then knows it by `by`. Members come before their group: a crash
  // in between is healed by the redelivery, which marks the group whenever a named value still differs from the cloud.
  const groups = [named === null ? [] : [named.write], ...memberWrites, ...objectWrites];
  await transactGroups(
    pipeline,
    place,
    groups.filter((group) => group.length > 0),
  );
  return { message: named?.message ?? repeatedWork(pipeline, place, work, envelope.id), rank };
}

function memberKeys(change: ObjectChange): string[] {
  return Object.values(change.links ?? {}).flatMap((link) =>
    [...link.added, ...link.removed].map((member) => memberRowKey(change.key, member)),
  );
}

interface FoldedChange {
  /** One group of writes a member: they must stay in one transaction. */
  readonly memberWrites: readonly (readonly RowWrite[])[];
  readonly objectWrites: readonly RowWrite[];
  readonly names: readonly NewName[];
  /** Rank of the work it asks for; null when nothing is to be done. */
  readonly rank: string | null;
}

function foldChange(
  change: ObjectChange,
  set: ChangeSet,
  rows: ReadonlyMap<string, Row>,
  now: number,
): FoldedChange {
  const loaded = readRow<ObjectRecord>(rows.get(objectRowKey(change.key)));
  const staged = foldObject(loaded?.value.staged ?? null, change, {
    version: set.version,
    asked: set.asked,
    importId: set.import,
    inDoubt: set.inDoubt,
  });
  const before = loaded?.value ?? newRecord(staged);
  const members = Object.values(change.links ?? {}).map((link) =>
    foldLink(change.key, link, set, before, rows, now),
  );
  const memberWrites = members.flatMap((one) => one.groups);
  const isNews = canonical(meaning(staged)) !== canonical(meaning(loaded?.value.staged ?? null));
  const isPending = members.some((one) => one.isPending);
  let record: ObjectRecord = { ...before, staged };
  let indexWrites: readonly RowWrite[] = [];
  let rank: string | null = null;
  if (isNews || isPending) {
    rank = rankOf(priorityOf(change, set), staged.class?.name ?? null);
    const marked = markDirty({ ...record, sourceAt: sourceAt(before, set, now) }, rank, now, now);
    record = marked.record;
    indexWrites = marked.writes;
  }
  // A turn that looked at the group before a value was ready must not take it for settled: its row is another one now,
  // even where it was to be looked at anyway and nothing in it changes.
  const isSame = !isPending && loaded !== null && canonical(record) === canonical(loaded.value);
  return {
    memberWrites,
    objectWrites: isSame ? [] : [writeObject(record, loaded?.etag ?? null), ...indexWrites],
    names: newSourceNames(loaded?.value.staged ?? null, staged).map((name) => ({ ...name, key: change.key })),
    rank,
  };
}

/** Of several changes that are written as one, the earliest counts; while one is being written, the next begins anew. */
function sourceAt(before: ObjectRecord, set: ChangeSet, now: number): number {
  const isUnderWay = before.attempt !== null && before.attempt.until > now;
  if (before.sourceAt !== undefined && before.index !== null && !isUnderWay) return before.sourceAt;
  return Date.parse(set.readAt);
}

/** What planning can see; in which import an object was seen makes no plan. */
function meaning(staged: ObjectRecord['staged'] | null): unknown {
  return staged === null ? null : { ...staged, seenIn: null };
}

function foldLink(
  group: string,
  link: LinkChange,
  set: ChangeSet,
  object: ObjectRecord,
  rows: ReadonlyMap<string, Row>,
  now: number,
) {
  const groups: RowWrite[][] = [];
  let isPending = false;
  const list = closedList(object.staged);
  const fold = (member: string, isPresent: boolean): void => {
    const loaded = readRow<MemberRecord>(rows.get(memberRowKey(group, member)));
    const before = loaded?.value ?? { state: null, applied: null, pending: null, isReferenced: false };
    const state = foldMember(before.state, {
      version: set.version,
      isPresent,
      list: isPresent ? link.list : undefined,
      inDoubt: set.inDoubt,
    });
    const wanted = isMember(state, object.staged.floor, list);
    const isDifferent = wanted !== (before.applied !== null);
    // A write that is not recorded may have added or taken out the value: it stays marked until that is known.
    const isOpen = object.attempt !== null && before.pending === 'ready';
    // Whoever came back leaves the hold of his removal, which is to be told; so does whose removal is certain now.
    const isBack = !isDifferent || (before.state?.inDoubt === true && state.inDoubt !== true);
    const pending =
      isBack && isHeldState(before.pending)
        ? 'ready'
        : isDifferent || isOpen
          ? (before.pending ?? 'ready')
          : null;
    isPending ||= pending === 'ready';
    const after: MemberRecord = { ...before, state, pending };
    if (loaded !== null && canonical(after) === canonical(loaded.value)) return;
    const writes = [writeMember(group, member, after, loaded?.etag ?? null)];
    if (pending !== null && pending !== before.pending)
      writes.push({
        kind: 'upsert',
        rowKey: pendingRowKey(group, pending, member),
        content: { data: { since: now } },
      });
    if (before.pending !== null && pending !== before.pending)
      writes.push({ kind: 'delete', rowKey: pendingRowKey(group, before.pending, member) });
    groups.push(writes);
  };
  for (const member of new Set(link.added)) fold(member, true);
  for (const member of new Set(link.removed)) if (!link.added.includes(member)) fold(member, false);
  return { groups, isPending };
}

/** What protects people goes first: tombstones, disables and removals do not wait behind a first import. */
function priorityOf(change: ObjectChange, set: ChangeSet): Priority {
  const isRemoval = Object.values(change.links ?? {}).some((link) => link.removed.length > 0);
  if (change.deleted === true || isRemoval) return 'urgent';
  if (set.lane === 'bulk') return 'bulk';
  const control = Object.entries(change.attributes).find(
    ([name]) => name.toLowerCase() === 'useraccountcontrol',
  )?.[1][0];
  const isDisabled = typeof control === 'string' && (Number(control) & 2) !== 0;
  return isDisabled ? 'urgent' : 'live';
}
