import { partitionOf } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { objectsPartition } from '../../shared/state/keys.ts';
import {
  nameId,
  nameRow,
  nameWaiterRowKey,
  type NameClaim,
  type SourceId,
  type UniqueName,
} from '../../shared/state/name-claim.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { standingOf, type NameLook, type Standing } from './name-standing.ts';
import { ifUnchanged, readRow, untilSettled } from './object-rows.ts';

/** Between the claim and the attempt that carries the name lies only the guard. */
const leaseMs = 5_000;

export type Taken =
  | { readonly kind: 'ours' }
  | {
      readonly kind: 'held';
      readonly holder: SourceId;
      readonly standing: Exclude<Standing, { kind: 'free' }>;
    };

const ours: Taken = { kind: 'ours' };

/**
 * Claims names for an object that is about to be written with them. One transaction where nobody has had them; a name
 * that another holds is told with how that one stands to it, and this object is written down as waiting for it.
 */
export async function takeNames(
  look: NameLook,
  names: readonly UniqueName[],
): Promise<ReadonlyMap<string, Taken>> {
  const distinct = [...new Map(names.map((name) => [nameId(name), name])).values()];
  const byPartition = Map.groupBy(distinct, (name) => nameRow(look.space, name).partitionKey);
  const taken = new Map<string, Taken>();
  await Promise.all(
    [...byPartition].map(async ([partitionKey, some]) => {
      const isNew = await ifUnchanged(() =>
        look.pipeline.tables.transact(
          'Keys',
          partitionKey,
          some.map((name) => claimWrite(look, name, null)),
        ),
      );
      await Promise.all(
        some.map(async (name) => taken.set(nameId(name), isNew ? ours : await takeClaimed(look, name))),
      );
    }),
  );
  return taken;
}

function claimWrite(look: NameLook, name: UniqueName, etag: string | null): RowWrite {
  const claim: NameClaim = { ...look.self, until: look.pipeline.clock.now() + leaseMs };
  return putRow(nameRow(look.space, name).rowKey, { data: claim }, etag);
}

/** Somebody has claimed it before: perhaps we, perhaps one that does not hold it any more. */
function takeClaimed(look: NameLook, name: UniqueName): Promise<Taken> {
  const { pipeline, space, self } = look;
  const { partitionKey, rowKey } = nameRow(space, name);
  return untilSettled(async () => {
    const row = readRow<NameClaim>(await pipeline.tables.get('Keys', partitionKey, rowKey));
    const take = async (): Promise<Taken> => {
      await pipeline.tables.transact('Keys', partitionKey, [claimWrite(look, name, row?.etag ?? null)]);
      return ours;
    };
    if (row === null || isSame(row.value, self)) return take();
    const first = await standingOf(look, row.value, name);
    if (first.kind === 'free') return take();
    // Written down before the holder's row is looked at again: it frees the name first and asks for who waits afterwards.
    await writeWaiter(look, row.value);
    const standing = await standingOf(look, row.value, name);
    return standing.kind === 'free' ? take() : { kind: 'held', holder: row.value, standing };
  }, pipeline);
}

export const isSame = (one: SourceId, other: SourceId): boolean =>
  one.connector === other.connector && one.key === other.key;

async function writeWaiter({ pipeline, self }: NameLook, holder: SourceId): Promise<void> {
  const partitionKey = objectsPartition(holder.connector, partitionOf(holder.connector, holder.key));
  await pipeline.tables.transact('References', partitionKey, [
    { kind: 'upsert', rowKey: nameWaiterRowKey(holder.key, self), content: {} },
  ]);
}
