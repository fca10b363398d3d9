import { partitionOf } from '../../shared/model/partition.ts';
import { parkedRank, parseIndexRowKey, pendingRange } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { loadObjects, partitionKeyOf, type Loaded, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** The first few mostly answer; a group whose first hundred are all dead is written as it is. */
const looks = [2, 8, 30, 60];
const membersMax = 100;
/** So long after a group was made, the page of the import that a member stands in may still be on its way. */
const unreadMsMax = 30_000;

interface Expectation {
  readonly group: string;
  readonly linkedAt: number;
  /** Epoch ms: who comes later is not waited for. */
  readonly until: number;
}

/**
 * Whether a member that the group waits for will be in the cloud soon. One that is deleted, out of scope or of a class
 * that no rule maps stays in the directory's list for ever, as does one that a person has to decide about.
 */
export async function hasMembersToCome(
  pipeline: Pipeline,
  place: Place,
  expectation: Expectation,
): Promise<boolean> {
  const range = pendingRange(expectation.group, 'waiting');
  const rows = await pipeline.tables.range('Objects', partitionKeyOf(place), {
    ...range,
    limit: membersMax,
    keysOnly: true,
  });
  const members = rows.map(({ rowKey }) => rowKey.slice(range.from.length));
  let at = 0;
  for (const count of looks) {
    const some = members.slice(at, at + count);
    if (some.length === 0) return false;
    if (await isAnyToCome(pipeline, place.connector, some, expectation)) return true;
    at += count;
  }
  return false;
}

async function isAnyToCome(
  pipeline: Pipeline,
  connector: string,
  members: readonly string[],
  expectation: Expectation,
): Promise<boolean> {
  const now = pipeline.clock.now();
  const byPartition = Map.groupBy(members, (member) => partitionOf(connector, member));
  const answers = await Promise.all(
    [...byPartition].map(async ([partition, keys]) => {
      const loaded = await loadObjects(pipeline.tables, { connector, partition }, keys);
      return keys.some((key) => isToCome(loaded.get(key), now, expectation));
    }),
  );
  return answers.includes(true);
}

function isToCome(loaded: Loaded<ObjectRecord> | undefined, now: number, expectation: Expectation): boolean {
  if (loaded === undefined) return now < expectation.linkedAt + unreadMsMax;
  const { staged, link, index, failure } = loaded.value;
  if (staged.life?.isDeleted === true || failure !== null) return false;
  // Linked between the two looks: its wake-up is on its way.
  if (link?.state === 'live') return true;
  const due = index === null ? null : parseIndexRowKey(index);
  return due !== null && due.rank !== parkedRank && due.due < expectation.until;
}
