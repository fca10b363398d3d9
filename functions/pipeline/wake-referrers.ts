import { settleMs } from '../../shared/model/link.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import {
  memberRowKey,
  objectRowKey,
  objectsPartition,
  pendingRowKey,
  referenceRange,
  workRowKey,
} from '../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord, WorkRecord } from '../../shared/state/object-record.ts';
import { markDirty } from './index-plan.ts';
import { partitionKeyOf, readRow, untilSettled, writeMember, writeObject } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { nameWork } from './work.ts';

const wakesAtOnce = 8;

/** Marks everyone who refers to `target`, now that it has a link, then forgets that this was owed. */
export async function wakeReferrers(
  pipeline: Pipeline,
  connector: string,
  target: string,
  rank: string,
  owedRow: string,
): Promise<void> {
  const partition = partitionOf(connector, target);
  const range = referenceRange(target);
  let from = range.from;
  for (;;) {
    const rows = await pipeline.tables.range('References', objectsPartition(connector, partition), {
      from,
      to: range.to,
      limit: 200,
      keysOnly: true,
    });
    for (let at = 0; at < rows.length; at += wakesAtOnce) {
      await Promise.all(
        rows
          .slice(at, at + wakesAtOnce)
          .map((row) => wakeReferrer(pipeline, connector, target, row.rowKey, rank)),
      );
    }
    const last = rows.at(-1);
    if (rows.length < 200 || last === undefined) break;
    from = `${last.rowKey}\u0001`;
  }
  await pipeline.tables.transact('Objects', objectsPartition(connector, partition), [
    { kind: 'delete', rowKey: owedRow },
  ]);
}

async function wakeReferrer(
  pipeline: Pipeline,
  connector: string,
  target: string,
  referenceRow: string,
  rank: string,
): Promise<void> {
  const [, referrer = '', attribute = ''] = referenceRow.split('|');
  const place = { connector, partition: partitionOf(connector, referrer) };
  const message = await untilSettled(async () => {
    const memberKey = memberRowKey(referrer, target);
    const rows = await pipeline.tables.getMany('Objects', partitionKeyOf(place), [
      objectRowKey(referrer),
      workRowKey,
      ...(attribute === 'member' ? [memberKey] : []),
    ]);
    const loaded = readRow<ObjectRecord>(rows.get(objectRowKey(referrer)));
    if (loaded === null) return null;
    const now = pipeline.clock.now();
    const writes: RowWrite[] = [];
    if (attribute === 'member') {
      const member = readRow<MemberRecord>(rows.get(memberKey));
      // A value that is settled, or ready already, has its index row.
      if (member === null || member.value.pending === 'ready') return null;
      writes.push(writeMember(referrer, target, { ...member.value, pending: 'ready' }, member.etag));
      if (member.value.pending === 'waiting')
        writes.push({ kind: 'delete', rowKey: pendingRowKey(referrer, 'waiting', target) });
      writes.push({
        kind: 'upsert',
        rowKey: pendingRowKey(referrer, 'ready', target),
        content: { data: { since: now } },
      });
    }
    // What was linked just now may be referred to when Graph's replicas know it; in an import others join it until then.
    const due = now + settleMs;
    const marked = markDirty(loaded.value, rank, due, now);
    const named = nameWork(pipeline, place, readRow<WorkRecord>(rows.get(workRowKey)), {
      at: due,
      rank,
      by: null,
    });
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [
      ...writes,
      writeObject(marked.record, loaded.etag),
      ...marked.writes,
      ...(named === null ? [] : [named.write]),
    ]);
    return named?.message ?? null;
  });
  if (message !== null) await pipeline.sender.send([message]);
}
