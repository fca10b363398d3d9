import type { Hold } from '../../shared/guard/hold.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { Row } from '../../shared/ports/table-store.ts';
import { memberRowKey, objectRowKey, objectsPartition, workRowKey } from '../../shared/state/keys.ts';
import {
  idleWork,
  type MemberRecord,
  type ObjectRecord,
  type WorkRecord,
} from '../../shared/state/object-record.ts';
import type { Reading } from '../command-context.ts';
import type { PlanOperation } from '../plan/plan-file.ts';
import { inTurns } from '../state/in-turns.ts';
import { standingOf, type Standing, type StandingFacts } from './standing-of.ts';

/** An operation with where its object lies: worked out once, looked at often. */
export interface PlacedOperation {
  readonly operation: PlanOperation;
  readonly partition: string;
}

export const placed = (operation: PlanOperation): PlacedOperation => ({
  operation,
  partition: partitionOf(operation.connector, operation.key),
});

export type LookQuestion = Pick<StandingFacts, 'revision' | 'appliedAt' | 'now'> & {
  /** Of rules and containers: a partition that has not come so far has not looked at all its objects. */
  readonly generation: number;
};

/** Rows in memory at a time: those of an object with its attributes are large. */
const operationsAtOnce = 250;
const chunksAtOnce = 4;

/** How operations stand now, by point reads of the rows that they are about. */
export async function readStandings(
  tables: Reading,
  operations: readonly PlacedOperation[],
  question: LookQuestion,
): Promise<ReadonlyMap<PlanOperation, Standing>> {
  const standings = new Map<PlanOperation, Standing>();
  const targets = await readTargets(tables, operations);
  await inTurns(chunksOf(operations), chunksAtOnce, async (chunk) => {
    const facts = await readFacts(tables, chunk, question);
    for (const { operation } of chunk.operations) {
      const targetCloudId = targets.get(targetName(operation)) ?? null;
      standings.set(operation, standingOf(operation, { ...question, ...facts(operation), targetCloudId }));
    }
  });
  return standings;
}

interface Chunk {
  readonly connector: string;
  readonly partition: string;
  readonly operations: readonly PlacedOperation[];
}

function chunksOf(operations: readonly PlacedOperation[]): readonly Chunk[] {
  const places = Map.groupBy(operations, ({ operation, partition }) =>
    objectsPartition(operation.connector, partition),
  );
  return [...places.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { partition, operation } = first;
    return slices(own, operationsAtOnce).map((some) => ({
      connector: operation.connector,
      partition,
      operations: some,
    }));
  });
}

function slices<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  );
}

type ReadFacts = (
  operation: PlanOperation,
) => Pick<StandingFacts, 'record' | 'member' | 'holds' | 'isWalked'>;

async function readFacts(
  tables: Reading,
  { connector, partition, operations }: Chunk,
  { generation }: LookQuestion,
): Promise<ReadFacts> {
  const partitionKey = objectsPartition(connector, partition);
  // Before the objects: what is said to be walked then has been marked when they are read.
  const work = await tables.get('Objects', partitionKey, workRowKey);
  const { observed } = (work?.data as WorkRecord | undefined) ?? idleWork;
  const rowKeys = operations.flatMap(({ operation }) => [
    objectRowKey(operation.key),
    ...memberKeys(operation),
  ]);
  const rows = await tables.getMany('Objects', partitionKey, [...new Set(rowKeys)]);
  const recordOf = ({ key }: PlanOperation) =>
    (rows.get(objectRowKey(key))?.data as ObjectRecord | undefined) ?? null;
  const holds = await readHoldsOf(
    tables,
    connector,
    operations.map(({ operation }) => recordOf(operation)),
  );
  return (operation) => {
    const record = recordOf(operation);
    const [memberKey] = memberKeys(operation);
    return {
      record,
      member:
        memberKey === undefined ? null : ((rows.get(memberKey)?.data as MemberRecord | undefined) ?? null),
      holds: holdHashes(record).flatMap((hash) => {
        const row = holds.get(hash);
        return row === undefined ? [] : [row.data as Hold];
      }),
      isWalked: observed >= generation,
    };
  };
}

const memberKeys = ({ kind, key, target }: PlanOperation): readonly string[] =>
  (kind === 'add-member' || kind === 'remove-member') && target !== undefined
    ? [memberRowKey(key, target.key)]
    : [];

const holdHashes = (record: ObjectRecord | null): readonly string[] =>
  record === null ? [] : [...record.holds, ...(record.memberHolds ?? [])];

async function readHoldsOf(
  tables: Reading,
  connector: string,
  records: readonly (ObjectRecord | null)[],
): Promise<ReadonlyMap<string, Row>> {
  const hashes = [...new Set(records.flatMap(holdHashes))];
  return hashes.length === 0 ? new Map() : tables.getMany('Holds', connector, hashes);
}

const targetName = ({ connector, target }: PlanOperation): string => `${connector}|${target?.key ?? ''}`;

/** Cloud ids of whom references are to point to, as far as they are in the cloud. */
async function readTargets(
  tables: Reading,
  operations: readonly PlacedOperation[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  const wanted = new Map<string, { readonly connector: string; readonly key: string }>();
  for (const { operation } of operations)
    if (operation.kind === 'set-reference' && operation.target !== undefined)
      wanted.set(targetName(operation), { connector: operation.connector, key: operation.target.key });
  const places = Map.groupBy(wanted.values(), ({ connector, key }) =>
    objectsPartition(connector, partitionOf(connector, key)),
  );
  const reads = [...places].flatMap(([partitionKey, own]) =>
    slices(own, operationsAtOnce).map((some) => ({ partitionKey, some })),
  );
  await inTurns(reads, chunksAtOnce, async ({ partitionKey, some }) => {
    const keys = some.map(({ key }) => objectRowKey(key));
    const rows = await tables.getMany('Objects', partitionKey, keys);
    for (const { connector, key } of some) {
      const record = rows.get(objectRowKey(key))?.data as ObjectRecord | undefined;
      if (record?.link?.state === 'live') ids.set(`${connector}|${key}`, record.link.cloudId);
    }
  });
  return ids;
}
