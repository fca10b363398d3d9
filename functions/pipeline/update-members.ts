import type { RowWrite } from '../../shared/ports/table-store.ts';
import { memberRowKey, pendingRowKey } from '../../shared/state/keys.ts';
import type { MemberRecord } from '../../shared/state/object-record.ts';
import {
  loadObjects,
  partitionKeyOf,
  readRow,
  untilSettled,
  writeMember,
  writeObject,
  type Loaded,
  type Place,
} from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** Member rows of one group by the member's source key; who has none is missing. */
export async function loadMembers(
  pipeline: Pipeline,
  place: Place,
  group: string,
  members: readonly string[],
): Promise<ReadonlyMap<string, Loaded<MemberRecord>>> {
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
