import type { Link } from '../../shared/model/link.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import { nameId, uniqueProperties, type UniqueProperty } from '../../shared/state/name-claim.ts';
import { addTo, type Tally } from './tally.ts';

/** A name that two users would have. */
export interface NameClash {
  readonly property: UniqueProperty;
  readonly value: string;
  /** Labels of both. */
  readonly users: readonly [string, string];
}

/** Names that no two users may share, as they are once a plan is carried out. */
export interface NameBook {
  readonly clashes: NameClash[];
  /** Suffixes of principal names that were written before, so that Entra has taken them. */
  readonly takenSuffixes: Set<string>;
  /** Suffixes that the plan would write, with the users. */
  readonly wantedSuffixes: Map<string, Tally>;
  readonly holders: Map<string, { readonly label: string; readonly isPlanned: boolean }>;
}

export const newNameBook = (): NameBook => ({
  clashes: [],
  takenSuffixes: new Set(),
  wantedSuffixes: new Map(),
  holders: new Map(),
});

export interface NamedUser {
  /** The cloud connector: names are unique within it. */
  readonly space: string;
  readonly label: string;
  readonly link: Link | null;
  readonly operations: readonly Operation[];
}

/** Notes the names of a user. Who gives a name up in the same plan is no clash: the pipeline lets the other wait for it. */
export function noteNames(book: NameBook, { space, label, link, operations }: NamedUser): void {
  const isLive = link?.state === 'live' && link.cloudClass === 'user';
  const applied = isLive ? suffixOf(link.applied['userPrincipalName']) : null;
  if (applied !== null) book.takenSuffixes.add(applied);
  if (operations.some(({ kind }) => kind === 'delete')) return;
  for (const property of uniqueProperties) {
    const planned = plannedName(property, link, operations);
    const value = planned ?? (isLive ? link.applied[property] : undefined);
    if (typeof value !== 'string') continue;
    const suffix = property === 'userPrincipalName' && planned !== undefined ? suffixOf(value) : null;
    if (suffix !== null)
      addTo(book.wantedSuffixes, suffix, label.includes(value) ? label : `${label}: ${value}`);
    // Of names that the rules offer, or that are random, the pipeline takes one that nobody has.
    if (operations.some((one) => one.kind === 'create' && one.chosen?.includes(property))) continue;
    const id = `${space}|${nameId({ property, value })}`;
    const holder = book.holders.get(id);
    const isPlanned = planned !== undefined;
    if (holder === undefined) book.holders.set(id, { label, isPlanned });
    else if (holder.isPlanned || isPlanned)
      book.clashes.push({ property, value, users: [holder.label, label] });
  }
}

/** Undefined where the plan writes none. What is restored comes back with the name it had, unless it is given another. */
function plannedName(property: UniqueProperty, link: Link | null, operations: readonly Operation[]): unknown {
  let planned: unknown;
  for (const operation of operations) {
    if (operation.kind === 'create') planned = operation.values[property];
    if (operation.kind === 'restore') planned = link?.applied[property];
    if (operation.kind === 'update') planned = operation.changes[property]?.after ?? planned;
  }
  return planned;
}

export function suffixOf(principalName: unknown): string | null {
  if (typeof principalName !== 'string') return null;
  const at = principalName.lastIndexOf('@');
  return at < 0 ? null : principalName.slice(at + 1).toLowerCase();
}
