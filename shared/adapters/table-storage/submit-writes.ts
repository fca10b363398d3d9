import type { TableClient } from '@azure/data-tables';
import { invariant } from '../../errors/invariant.ts';
import { SyncError } from '../../errors/sync-error.ts';
import type { RowWrite } from '../../ports/table-store.ts';
import { entityOf } from './entity.ts';
import type { Within } from './table-access.ts';
import { sendTransaction, type PreparedWrite } from './transaction-request.ts';
import { codeOf, statusOf } from './translate-error.ts';

const transactionRowsMax = 100;
/** Azure takes 4 MiB of request; the framing of 100 rows comes on top of what is counted. */
const transactionBytesMax = 3_000_000;

/** @throws SyncError STATE_TOO_LARGE when Azure would refuse the writes. */
export function prepare(partitionKey: string, writes: readonly RowWrite[]): PreparedWrite[] {
  invariant(
    new Set(writes.map(({ rowKey }) => rowKey)).size === writes.length,
    'a transaction names a row once',
  );
  if (writes.length > transactionRowsMax)
    throw tooLarge(partitionKey, `${writes.length} rows, at most ${transactionRowsMax} fit`);
  let total = 0;
  const prepared = writes.map((write) => {
    if (write.kind === 'delete') return { write, entity: undefined };
    const { entity, bytes } = entityOf(partitionKey, write.rowKey, write.content);
    total += bytes;
    return { write, entity };
  });
  if (total > transactionBytesMax)
    throw tooLarge(partitionKey, `${total} bytes, at most ${transactionBytesMax} fit`);
  return prepared;
}

const tooLarge = (partition: string, what: string) =>
  new SyncError('STATE_TOO_LARGE', `a transaction has ${what}`, { context: { partition } });

/** Writes all or nothing; one row by a request of its own, which is a third of the work of a transaction. */
export async function submit(
  client: TableClient,
  partitionKey: string,
  prepared: readonly PreparedWrite[],
  within: Within,
): Promise<void> {
  const [first] = prepared;
  if (first === undefined) return;
  if (prepared.length === 1) return submitOne(client, partitionKey, first, within);
  try {
    await sendTransaction(client, prepared, partitionKey, within());
  } catch (error) {
    if (statusOf(error) !== 404 || codeOf(error) === 'TableNotFound') throw error;
    // An unconditional delete of a row that is gone fails the whole transaction. Which one it was is told by text only,
    // so the rows are looked up; if all are there, the 404 belongs to a replace and is a conflict.
    const left = await withoutGoneDeletes(client, partitionKey, prepared, within);
    if (left.length === prepared.length) throw error;
    await submit(client, partitionKey, left, within);
  }
}

async function withoutGoneDeletes(
  client: TableClient,
  partitionKey: string,
  prepared: readonly PreparedWrite[],
  within: Within,
) {
  const isLeft = await Promise.all(
    prepared.map(async ({ write }) => {
      if (write.kind !== 'delete' || write.etag !== undefined) return true;
      try {
        await client.getEntity(partitionKey, write.rowKey, {
          queryOptions: { select: ['RowKey'] },
          ...within(),
        });
        return true;
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    }),
  );
  return prepared.filter((_, index) => isLeft[index]);
}

async function submitOne(
  client: TableClient,
  partitionKey: string,
  { write, entity }: PreparedWrite,
  within: Within,
): Promise<void> {
  if (write.kind === 'delete') {
    try {
      await client.deleteEntity(partitionKey, write.rowKey, { etag: write.etag ?? '*', ...within() });
    } catch (error) {
      if (write.etag === undefined && statusOf(error) === 404 && codeOf(error) !== 'TableNotFound') return;
      throw error;
    }
    return;
  }
  invariant(entity, 'a write has its entity');
  if (write.kind === 'insert') await client.createEntity(entity, within());
  else if (write.kind === 'upsert') await client.upsertEntity(entity, 'Replace', within());
  else await client.updateEntity(entity, 'Replace', { etag: write.etag, ...within() });
}
