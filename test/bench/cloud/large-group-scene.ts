import { writeMember } from '../../../functions/pipeline/object-rows.ts';
import type { Version } from '../../../shared/contracts/primitives.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import type { RowWrite, TableStore } from '../../../shared/ports/table-store.ts';
import { objectRowKey, objectsPartition, referenceRowKey } from '../../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord } from '../../../shared/state/object-record.ts';
import { keyOf } from '../../e2e/support/relay.ts';
import { seedGraph } from './graph-seed.ts';

const rowsAtOnce = 100;
const transactionsAtOnce = 4;
const usersASeed = 5_000;
const membersPerWrite = 20;

/** A group that is in the cloud, with its Graph id. */
export interface LinkedGroup {
  readonly key: string;
  readonly cloudId: string;
}

export async function linkedGroup(tables: TableStore, name: string): Promise<LinkedGroup | null> {
  const key = keyOf(name);
  const row = await tables.get(
    'Objects',
    objectsPartition('corp', partitionOf('corp', key)),
    objectRowKey(key),
  );
  const cloudId = (row?.data as ObjectRecord | undefined)?.link?.cloudId;
  return cloudId === undefined ? null : { key, cloudId };
}

/**
 * Gives a group members without the hours that writing them through Graph's quota takes: users and memberships in Graph,
 * and in the state the rows that the pipeline leaves when it has written a member.
 */
export async function fillGroup(
  {
    graphUrl,
    tables,
    version,
  }: { readonly graphUrl: string; readonly tables: TableStore; readonly version: Version },
  group: LinkedGroup,
  { count, label }: { readonly count: number; readonly label: string },
): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `${label}-${index}`);
  const cloudIds = await seedUsers(graphUrl, names);
  await addInGraph(graphUrl, group, cloudIds);
  const members = names.map((name, index) => ({ key: keyOf(name), cloudId: cloudIds[index] ?? '' }));
  const rows = members.map(({ key, cloudId }): RowWrite => {
    const state = { version, isPresent: true, list: null };
    const record: MemberRecord = { state, applied: cloudId, pending: null, isReferenced: true };
    return writeMember(group.key, key, record, null);
  });
  await writeRows(
    tables,
    'Objects',
    new Map([[objectsPartition('corp', partitionOf('corp', group.key)), rows]]),
  );
  const references = Map.groupBy(members, ({ key }) => objectsPartition('corp', partitionOf('corp', key)));
  const referenceRows = new Map(
    [...references].map(([partition, some]) => [
      partition,
      some.map(({ key }): RowWrite => ({
        kind: 'upsert',
        rowKey: referenceRowKey(key, group.key, 'member'),
        content: {},
      })),
    ]),
  );
  await writeRows(tables, 'References', referenceRows);
}

async function seedUsers(graphUrl: string, names: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let at = 0; at < names.length; at += usersASeed) {
    const users = names
      .slice(at, at + usersASeed)
      .map((name) => ({ userPrincipalName: `${name}@contoso.com` }));
    ids.push(...((await seedGraph(graphUrl, { users }))['users'] ?? []));
  }
  return ids;
}

async function addInGraph(graphUrl: string, group: LinkedGroup, cloudIds: readonly string[]): Promise<void> {
  const answer = await fetch(`${graphUrl}/_local/token`, { method: 'POST', body: '{}' });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (let at = 0; at < cloudIds.length; at += membersPerWrite) {
    const bind = cloudIds
      .slice(at, at + membersPerWrite)
      .map((id) => `${graphUrl}/v1.0/directoryObjects/${id}`);
    const body = JSON.stringify({ 'members@odata.bind': bind });
    const added = await fetch(`${graphUrl}/v1.0/groups/${group.cloudId}`, { method: 'PATCH', headers, body });
    if (!added.ok) throw new Error(`members of the group: ${added.status} ${await added.text()}`);
  }
}

async function writeRows(
  tables: TableStore,
  table: 'Objects' | 'References',
  byPartition: ReadonlyMap<string, readonly RowWrite[]>,
): Promise<void> {
  const chunks = [...byPartition].flatMap(([partition, rows]) =>
    Array.from({ length: Math.ceil(rows.length / rowsAtOnce) }, (_, index) => ({
      partition,
      rows: rows.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce),
    })),
  );
  const waiting = chunks.values();
  const worker = async () => {
    for (const { partition, rows } of waiting) await tables.transact(table, partition, rows);
  };
  await Promise.all(Array.from({ length: transactionsAtOnce }, worker));
}
