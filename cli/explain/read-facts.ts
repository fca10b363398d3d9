import type { Hold } from '../../shared/guard/hold.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { ResolvedRules } from '../../shared/plan/project-object.ts';
import { compileRules } from '../../shared/rules/compile-rules.ts';
import { journalPlace, type JournalEntry } from '../../shared/state/journal-entry.ts';
import { heldRange, objectRowKey, objectsPartition, pendingRange } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { QuarantineEntry } from '../../shared/state/quarantine-entry.ts';
import { containersRowKey, rulesPartition, type StoredContainers } from '../../shared/state/rule-rows.ts';
import type { Reading } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { readRevision } from '../state/connectors.ts';
import type { MemberCounts } from './explanation.ts';
import type { FoundObject } from './find-object.ts';

export interface RulesNow extends ResolvedRules {
  readonly revision: number;
}

/** Rules in force with the containers of one or all source connectors; null while none are. */
export async function readRules(tables: Reading, only: string | undefined): Promise<RulesNow | null> {
  const stored = await readRevision(tables);
  if (stored === null) return null;
  const compiled = compileRules(stored.files);
  if (!compiled.ok)
    throw new CommandError(
      'RULES_INVALID',
      `revision ${stored.revision} of the rules does not compile with this version of dirbridge`,
      { action: 'Use the version that the function app runs.' },
    );
  const { rules } = compiled;
  const sources = Object.values(rules.connectors).filter(
    ({ name, type }) => type !== 'entra' && (only === undefined || only === name),
  );
  const containers = await Promise.all(
    sources.map(async ({ name }): Promise<[string, ReadonlyMap<string, string>]> => {
      const row = await tables.get('Rules', rulesPartition, containersRowKey(name, stored.revision));
      const known = (row?.data as StoredContainers | undefined)?.containers ?? [];
      const keys = known.flatMap(({ dn, key }) => (key === null ? [] : [[dn.toLowerCase(), key] as const]));
      return [name, new Map(keys)];
    }),
  );
  return { rules, revision: stored.revision, containers: Object.fromEntries(containers) };
}

/** What stands elsewhere than in the object's own row. */
export interface Surroundings {
  readonly holds: readonly Hold[];
  readonly quarantine: QuarantineEntry | null;
  readonly journal: readonly JournalEntry[];
  readonly members: MemberCounts | null;
  /** By attribute: the object it refers to; null where that was never read. */
  readonly references: ReadonlyMap<string, { readonly key: string; readonly record: ObjectRecord | null }>;
}

/** Pending members beyond are not counted. */
export const countedMax = 1_000;
/** Holds beyond are only counted: each is a row, and a person has seen enough. */
const holdsMax = 20;

export async function readSurroundings(
  tables: Reading,
  { connector, key, record }: FoundObject,
  wanted: Readonly<Record<string, string | null>>,
): Promise<Surroundings> {
  const hashes = [...record.holds, ...(record.memberHolds ?? [])].slice(0, holdsMax);
  const [holds, quarantine, journal, members, references] = await Promise.all([
    hashes.length === 0 ? [] : readHolds(tables, connector, hashes),
    record.failure === null ? null : tables.get('Quarantine', connector, key),
    readLines(tables, connector, record),
    record.staged.class?.name === 'group' ? readMembers(tables, connector, key) : null,
    readReferences(tables, connector, wanted),
  ]);
  return {
    holds,
    quarantine: (quarantine?.data as QuarantineEntry | undefined) ?? null,
    journal,
    members,
    references,
  };
}

async function readHolds(tables: Reading, connector: string, hashes: readonly string[]): Promise<Hold[]> {
  const rows = await tables.getMany('Holds', connector, hashes);
  return [...rows.values()].map(({ data }) => data as Hold).sort((a, b) => a.heldAt - b.heldAt);
}

/** Lines may be older than the days for which the journal is kept. */
async function readLines(
  tables: Reading,
  connector: string,
  { staged, recent = [] }: ObjectRecord,
): Promise<readonly JournalEntry[]> {
  const partition = partitionOf(connector, staged.key);
  const places = recent.map((rowKey) => journalPlace(rowKey, partition));
  const perDay = await Promise.all(
    [...Map.groupBy(places, ({ partitionKey }) => partitionKey)].map(([partitionKey, some]) =>
      tables.getMany(
        'Journal',
        partitionKey,
        some.map(({ rowKey }) => rowKey),
      ),
    ),
  );
  const lines = perDay.flatMap((rows) => [...rows.values()].map(({ data }) => data as JournalEntry));
  return lines.sort((a, b) => a.at - b.at);
}

async function readMembers(tables: Reading, connector: string, group: string): Promise<MemberCounts> {
  const partitionKey = objectsPartition(connector, partitionOf(connector, group));
  const count = async (range: { readonly from: string; readonly to: string }): Promise<number> =>
    (await tables.range('Objects', partitionKey, { ...range, limit: countedMax, keysOnly: true })).length;
  const [ready, waiting, held] = await Promise.all([
    count(pendingRange(group, 'ready')),
    count(pendingRange(group, 'waiting')),
    count(heldRange(group)),
  ]);
  return { ready, waiting, held };
}

async function readReferences(
  tables: Reading,
  connector: string,
  wanted: Readonly<Record<string, string | null>>,
): Promise<Surroundings['references']> {
  const named = Object.entries(wanted).flatMap(([name, key]) => (key === null ? [] : [{ name, key }]));
  const found = await Promise.all(
    named.map(async ({ name, key }) => {
      const partitionKey = objectsPartition(connector, partitionOf(connector, key));
      const row = await tables.get('Objects', partitionKey, objectRowKey(key));
      return [name, { key, record: (row?.data as ObjectRecord | undefined) ?? null }] as const;
    }),
  );
  return new Map(found);
}
