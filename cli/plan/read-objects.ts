import { isMember, isRemovalInDoubt } from '../../shared/fold/fold-member.ts';
import { partitions } from '../../shared/model/partition.ts';
import type { Row } from '../../shared/ports/table-store.ts';
import { memberRange, memberRowKey, objectRange, objectsPartition } from '../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord } from '../../shared/state/object-record.ts';
import type { Reading } from '../command-context.ts';
import { inTurns } from '../state/in-turns.ts';
import { lookAtObject, type GroupInScope } from './look-at-object.ts';
import { newSurvey, type PendingGroup, type Survey, type SurveyQuestion } from './survey.ts';

/** What Table storage gives in one answer. */
const pageRows = 1_000;
/** Each has one page in memory. */
const partitionsAtOnce = 4;
/** Beyond, it costs fewer requests to read all members of a group than those by name. */
const membersByNameMax = 1_000;

/** Reads all objects of a source, page by page, and what differs in the members of groups. */
export async function surveySource(tables: Reading, question: SurveyQuestion): Promise<Survey> {
  const survey = newSurvey(question.connector);
  await inTurns(partitions, partitionsAtOnce, async (partition) => {
    const partitionKey = objectsPartition(question.connector, partition);
    const groups = new Map<string, GroupInScope>();
    await eachPage(tables, partitionKey, objectRange(null), (rows) => {
      for (const { data } of rows) {
        const group = lookAtObject(survey, question, data as ObjectRecord);
        if (group !== null) groups.set(group.of.key, group);
      }
    });
    // A source without groups in scope has no members that count.
    if (groups.size > 0) await surveyMembers(tables, partitionKey, survey, groups);
  });
  return survey;
}

interface RowRange {
  readonly from: string;
  readonly to: string;
  readonly keysOnly?: boolean;
}

async function eachPage(
  tables: Reading,
  partitionKey: string,
  range: RowRange,
  handle: (rows: readonly Row[]) => void,
): Promise<void> {
  let { from } = range;
  for (;;) {
    const rows = await tables.range('Objects', partitionKey, { ...range, from, limit: pageRows });
    handle(rows);
    const last = rows.at(-1);
    if (rows.length < pageRows || last === undefined) return;
    from = `${last.rowKey}\u0001`;
  }
}

/** Pending members of one group: `ready` ones are to be added or taken out, `waiting` ones wait for their target. */
interface Pending {
  readonly ready: string[];
  readonly waiting: string[];
}

const pendingRows = { from: 'p|', to: 'p}', keysOnly: true } as const;

async function surveyMembers(
  tables: Reading,
  partitionKey: string,
  survey: Survey,
  groups: ReadonlyMap<string, GroupInScope>,
): Promise<void> {
  const pending = new Map<string, Pending>();
  await eachPage(tables, partitionKey, pendingRows, (rows) => {
    for (const { rowKey } of rows) {
      const [, group = '', state = '', member = ''] = rowKey.split('|');
      if (!groups.has(group)) continue;
      if (state === '2') survey.heldRemovals += 1;
      else notePending(pending, group, state === '0' ? 'ready' : 'waiting', member);
    }
  });
  for (const [key, some] of pending) {
    const group = groups.get(key);
    if (group !== undefined) survey.groups.push(await pendingGroup(tables, partitionKey, group, some));
  }
}

function notePending(
  pending: Map<string, Pending>,
  group: string,
  state: keyof Pending,
  member: string,
): void {
  const some = pending.get(group) ?? { ready: [], waiting: [] };
  pending.set(group, some);
  some[state].push(member);
}

async function pendingGroup(
  tables: Reading,
  partitionKey: string,
  { of, record }: GroupInScope,
  { ready, waiting }: Pending,
): Promise<PendingGroup> {
  const { staged } = record;
  const list = staged.lists['member'];
  const group: PendingGroup = {
    of,
    cloudId: of.cloudId,
    // Who waits is wanted: a fold that takes him out makes him ready again.
    add: waiting.map((key) => ({ key, applied: null })),
    remove: [],
  };
  const note = (key: string, { state, applied }: MemberRecord): void => {
    if (isMember(state, staged.floor, list?.closed ?? null)) group.add.push({ key, applied });
    else if (applied !== null)
      group.remove.push({ key, cloudId: applied, isDoubtful: isRemovalInDoubt(state, list) });
  };
  if (ready.length > membersByNameMax) {
    const wanted = new Set(ready);
    const range = memberRange(of.key);
    await eachPage(tables, partitionKey, range, (rows) => {
      for (const { rowKey, data } of rows) {
        const key = rowKey.slice(range.from.length);
        if (wanted.has(key)) note(key, data as MemberRecord);
      }
    });
    return group;
  }
  const rows = await tables.getMany(
    'Objects',
    partitionKey,
    ready.map((member) => memberRowKey(of.key, member)),
  );
  for (const key of ready) {
    const row = rows.get(memberRowKey(of.key, key));
    if (row !== undefined) note(key, row.data as MemberRecord);
  }
  return group;
}
