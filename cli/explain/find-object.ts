import { keyFromGuidBytes, keyFromGuidText } from '../../shared/model/guid.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { objectRowKey, objectsPartition } from '../../shared/state/keys.ts';
import { nameId, nameRow, namesOf, type NameClaim } from '../../shared/state/name-claim.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import {
  sourceNameRow,
  sourceNamesOf,
  type NamedSource,
  type SourceName,
} from '../../shared/state/source-name.ts';
import { cloudIdPlace, type CloudIdClaim } from '../../shared/state/cloud-id-claim.ts';
import type { Reading } from '../command-context.ts';
import { usageError } from '../command-error.ts';

/** What somebody may have meant by what they typed. */
export type Clue =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'cloud-id'; readonly cloudId: string }
  | { readonly kind: 'name'; readonly name: SourceName }
  | { readonly kind: 'cloud-name'; readonly value: string };

export interface FoundObject {
  readonly connector: string;
  readonly key: string;
  readonly record: ObjectRecord;
  readonly by: Clue['kind'];
  /** It had the name that was asked for once, and has it no more. */
  readonly isFormer: boolean;
}

const guidText = /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;
const base64Guid = /^[A-Za-z0-9+/]{22}==$/;

/** By how it looks; most likely first. */
export function cluesOf(who: string): readonly Clue[] {
  const text = who.trim();
  if (text === '') throw usageError('nobody is named', whoHelp);
  if (guidText.test(text)) {
    const key = keyFromGuidText(text.replaceAll(/[{}]/g, ''));
    return [
      { kind: 'key', key },
      { kind: 'cloud-id', cloudId: dashed(key) },
    ];
  }
  if (base64Guid.test(text))
    return [
      { kind: 'name', name: { kind: 'mS-DS-ConsistencyGuid', value: text } },
      { kind: 'key', key: keyFromGuidBytes(Buffer.from(text, 'base64')) },
    ];
  if (/^[A-Za-z][\w.-]*\s*=/.test(text)) return [{ kind: 'name', name: { kind: 'dn', value: text } }];
  if (text.includes('@'))
    return [
      { kind: 'name', name: { kind: 'userPrincipalName', value: text } },
      { kind: 'cloud-name', value: text },
    ];
  const account = text.slice(text.lastIndexOf('\\') + 1);
  return [{ kind: 'name', name: { kind: 'sAMAccountName', value: account } }];
}

export const whoHelp =
  'Name it by userPrincipalName, DN, account name (sAMAccountName), objectGUID or anchor, or by its id in the cloud.';

const dashed = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');

export interface Spaces {
  /** Sources to look in. */
  readonly connectors: readonly string[];
  /** Cloud connectors, whose names were claimed. */
  readonly clouds: readonly string[];
}

/** Every object that fits: two sources may have one of the same name. Asks by key alone, never by looking through. */
export async function findObjects(
  tables: Reading,
  clues: readonly Clue[],
  spaces: Spaces,
): Promise<readonly FoundObject[]> {
  const former: FoundObject[] = [];
  for (const clue of clues) {
    const found = await followClue(tables, clue, spaces);
    const now = found.filter(({ isFormer }) => !isFormer);
    if (now.length > 0) return now;
    former.push(...found);
  }
  return former;
}

async function followClue(
  tables: Reading,
  clue: Clue,
  { connectors, clouds }: Spaces,
): Promise<readonly FoundObject[]> {
  switch (clue.kind) {
    case 'key':
      return known(connectors.map((connector) => load(tables, { connector, key: clue.key }, clue)));
    case 'cloud-id': {
      const place = cloudIdPlace(clue.cloudId);
      const row = await tables.get('Keys', place.partitionKey, place.rowKey);
      return row === undefined ? [] : known([load(tables, row.data as CloudIdClaim, clue)]);
    }
    case 'name':
      return known(connectors.map((connector) => byName(tables, connector, clue)));
    case 'cloud-name':
      return known(clouds.map((cloud) => byCloudName(tables, cloud, clue)));
  }
}

const known = async (loading: readonly Promise<FoundObject | null>[]): Promise<readonly FoundObject[]> =>
  (await Promise.all(loading)).filter((one) => one !== null);

async function byName(
  tables: Reading,
  connector: string,
  clue: Extract<Clue, { kind: 'name' }>,
): Promise<FoundObject | null> {
  const { partitionKey, rowKey } = sourceNameRow(connector, clue.name);
  const row = await tables.get('Keys', partitionKey, rowKey);
  return row === undefined ? null : load(tables, row.data as NamedSource, clue);
}

async function byCloudName(
  tables: Reading,
  cloud: string,
  clue: Extract<Clue, { kind: 'cloud-name' }>,
): Promise<FoundObject | null> {
  const { partitionKey, rowKey } = nameRow(cloud, { property: 'userPrincipalName', value: clue.value });
  const row = await tables.get('Keys', partitionKey, rowKey);
  return row === undefined ? null : load(tables, row.data as NameClaim, clue);
}

async function load(
  tables: Reading,
  { connector, key }: NamedSource,
  clue: Clue,
): Promise<FoundObject | null> {
  const partitionKey = objectsPartition(connector, partitionOf(connector, key));
  const row = await tables.get('Objects', partitionKey, objectRowKey(key));
  if (row === undefined) return null;
  const record = row.data as ObjectRecord;
  return { connector, key, record, by: clue.kind, isFormer: !isNamed(record, connector, clue) };
}

/** Whether the object is what it was looked for as; a name stays written down when it moves on. */
function isNamed(record: ObjectRecord, connector: string, clue: Clue): boolean {
  switch (clue.kind) {
    case 'key':
      return true;
    case 'cloud-id':
      return record.link?.cloudId === clue.cloudId;
    case 'cloud-name': {
      const name = nameId({ property: 'userPrincipalName', value: clue.value });
      return namesOf(record.link).includes(name);
    }
    case 'name': {
      const wanted = sourceNameRow(connector, clue.name).rowKey;
      return sourceNamesOf(record.staged).some((name) => sourceNameRow(connector, name).rowKey === wanted);
    }
  }
}
