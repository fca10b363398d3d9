import { nameId, nameRow, namesOf, type NameClaim, type SourceId } from '../../shared/state/name-claim.ts';
import type { UniqueName } from '../../shared/state/name-claim.ts';
import { standingOf, type NameLook, type Standing } from './name-standing.ts';
import { readRow } from './object-rows.ts';
import { isSame } from './take-names.ts';

/**
 * Objects that wait for each other in a ring: each wants the name that the next one holds, and the last the one that
 * this object holds. Null: the chain ends somewhere, so that it resolves by itself, or is longer.
 */
export async function ringOf(
  look: NameLook,
  { property }: UniqueName,
  first: { readonly holder: SourceId; readonly standing: Standing },
  membersMax: number,
): Promise<readonly SourceId[] | null> {
  const members: SourceId[] = [look.self];
  let { holder, standing } = first;
  while (members.length < membersMax && standing.kind === 'moves') {
    members.push(holder);
    const wanted: UniqueName = { property, value: standing.to };
    const { partitionKey, rowKey } = nameRow(look.space, wanted);
    const claim = readRow<NameClaim>(await look.pipeline.tables.get('Keys', partitionKey, rowKey))?.value;
    if (claim === undefined) return null;
    if (isSame(claim, look.self)) return namesOf(look.link).includes(nameId(wanted)) ? members : null;
    if (members.some((one) => isSame(one, claim))) return null;
    holder = claim;
    standing = await standingOf(look, claim, wanted);
  }
  return null;
}

/** The one that gives way: always the same of a ring, whoever finds it. */
export function yieldingMember(ring: readonly SourceId[]): SourceId | undefined {
  const text = ({ connector, key }: SourceId): string => `${connector}|${key}`;
  return [...ring].sort((a, b) => (text(a) < text(b) ? -1 : 1))[0];
}
