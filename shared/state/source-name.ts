import { createHash } from 'node:crypto';
import type { Value } from '../contracts/primitives.ts';
import { normalizeDn } from '../model/dn.ts';
import type { StagedObject } from '../model/staged-object.ts';
import type { SourceId } from './name-claim.ts';

/** What people know an object of the directory by, other than its key. */
export const sourceNameKinds = [
  'dn',
  'userPrincipalName',
  'sAMAccountName',
  'mS-DS-ConsistencyGuid',
] as const;
export type SourceNameKind = (typeof sourceNameKinds)[number];

export interface SourceName {
  readonly kind: SourceNameKind;
  /** A DN as it is written; a GUID as base64 of its bytes. */
  readonly value: string;
}

/**
 * Row of table Keys: which object was last read with a name. A name may have left the object since, so whoever follows it
 * compares; it is written for people who ask, and nothing is decided by it.
 */
export type NamedSource = SourceId;

/** Four, so that what one change set names is written in few transactions. */
const places = 4;

export function sourceNameRow(
  connector: string,
  { kind, value }: SourceName,
): { readonly partitionKey: string; readonly rowKey: string } {
  const text =
    kind === 'dn' ? normalizeDn(value) : kind === 'mS-DS-ConsistencyGuid' ? value : value.toLowerCase();
  const digest = createHash('sha256').update(`${connector}|${kind}|${text}`).digest('hex');
  return {
    partitionKey: `find|${Number.parseInt(digest.slice(0, 2), 16) % places}`,
    rowKey: digest.slice(0, 40),
  };
}

/** The names an object has by its staged copy. */
export function sourceNamesOf(staged: StagedObject | null): readonly SourceName[] {
  return sourceNameKinds.flatMap((kind) => {
    const value = valueOf(staged, kind);
    return value === null ? [] : [{ kind, value }];
  });
}

/** Those it did not have before, compared as they are written: most readings change no name. */
export function newSourceNames(before: StagedObject | null, after: StagedObject): readonly SourceName[] {
  return sourceNameKinds.flatMap((kind) => {
    const value = valueOf(after, kind);
    return value === null || value === valueOf(before, kind) ? [] : [{ kind, value }];
  });
}

function valueOf(staged: StagedObject | null, kind: SourceNameKind): string | null {
  if (staged === null) return null;
  if (kind === 'dn') return staged.dn?.text ?? null;
  return textOf(staged.attributes[kind.toLowerCase()]?.values[0]);
}

function textOf(value: Value | undefined): string | null {
  if (value === undefined || value === '') return null;
  if (typeof value === 'string') return value;
  return 'b' in value ? value.b : null;
}
