import { partitionOf } from '../../shared/model/partition.ts';
import { objectRowKey, objectsPartition } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { Reading } from '../command-context.ts';

/** What a person knows an object by. */
export interface ObjectLabel {
  readonly displayName: string | null;
  /** userPrincipalName of a user; account name of anything else. */
  readonly account: string | null;
  readonly dn: string | null;
}

export const unknownObject: ObjectLabel = { displayName: null, account: null, dn: null };

/** What was written to the cloud names an object best: it is what an operation is about to change. */
export function describeObject(record: ObjectRecord): ObjectLabel {
  const applied = (name: string): string | null => text(record.link?.applied[name]);
  const staged = (name: string): string | null => text(record.staged.attributes[name]?.values[0]);
  return {
    displayName: applied('displayName') ?? staged('displayname') ?? staged('name') ?? staged('cn'),
    account:
      applied('userPrincipalName') ??
      staged('userprincipalname') ??
      staged('samaccountname') ??
      applied('mailNickname'),
    dn: record.staged.dn?.text ?? null,
  };
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Labels by source key; an object that is not in the state is missing in the map. */
export async function readLabels(
  tables: Reading,
  connector: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, ObjectLabel>> {
  const labels = new Map<string, ObjectLabel>();
  const byPartition = Map.groupBy(new Set(keys), (key) => partitionOf(connector, key));
  await Promise.all(
    [...byPartition].map(async ([partition, members]) => {
      const rows = await tables.getMany(
        'Objects',
        objectsPartition(connector, partition),
        members.map(objectRowKey),
      );
      for (const key of members) {
        const row = rows.get(objectRowKey(key));
        if (row !== undefined) labels.set(key, describeObject(row.data as ObjectRecord));
      }
    }),
  );
  return labels;
}

/** One line: name and account where known, else the key. */
export function labelText(label: ObjectLabel, key: string): string {
  const { displayName, account, dn } = label;
  if (displayName !== null && account !== null) return `${displayName} <${account}>`;
  return displayName ?? account ?? dn ?? key;
}
