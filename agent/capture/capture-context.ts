import type { Problem } from '../../shared/contracts/agent-report.v1.ts';
import type { ChangeSet } from '../../shared/contracts/change-set.v1.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import { parentDn } from '../../shared/model/dn.ts';
import { containerClasses, containerFilter } from '../../shared/adapters/active-directory/filters.ts';
import type { ControllerFacts } from '../../shared/adapters/active-directory/domain-controller.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { LeaseStateStore } from '../lease/lease-state-store.ts';
import type { Troubles } from '../reports/troubles.ts';
import type { CaptureNeeds } from './capture-needs.ts';
import type { ContainerTree } from './container-tree.ts';
import { guidBase, type DirectoryReader } from './directory-reader.ts';
import type { PrimaryGroups } from './primary-groups.ts';
import type { ToldCoverage } from './told-coverage.ts';

/** Everything that capturing one naming context from one domain controller works with. */
export interface CaptureContext {
  readonly namingContext: string;
  readonly facts: ControllerFacts;
  readonly needs: CaptureNeeds;
  readonly reader: DirectoryReader;
  readonly tree: ContainerTree;
  readonly groups: PrimaryGroups;
  readonly told: ToldCoverage;
  readonly publisher: Pick<Publisher, 'changes' | 'stream' | 'listsComplete' | 'send'>;
  readonly state: LeaseStateStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells a person, by the reports queue. */
  readonly problem: (problem: Problem) => void;
  /** The same for what lasts. */
  readonly troubles: Troubles;
  readonly signal: AbortSignal;
}

export function changeHeader(
  context: CaptureContext,
  version: Version,
  lane: ChangeSet['lane'],
  more: Partial<Pick<ChangeSet, 'import' | 'asked'>> = {},
): Omit<ChangeSet, 'objects'> {
  return {
    version,
    lane,
    namingContext: context.namingContext,
    asked: [...context.needs.attributes.values()],
    readAt: new Date(context.clock.now()).toISOString(),
    ...more,
  };
}

const containerNames = new Set(containerClasses.map((name) => name.toLowerCase()));

export function isContainerClass(name: string): boolean {
  return containerNames.has(name.toLowerCase());
}

/** Reads all containers into the tree. Parents first, whatever the order in which the server sends them. */
export async function loadContainers(reader: DirectoryReader, tree: ContainerTree): Promise<void> {
  const found: { key: string; dn: string; depth: number }[] = [];
  for (const entry of await reader.find(containerFilter(), ['1.1'])) {
    const { key, dn } = parseExtendedDn(entry.dn);
    if (key !== null) found.push({ key, dn, depth: dn.split(',').length });
  }
  found.sort((a, b) => a.depth - b.depth);
  for (const { key, dn } of found) tree.put(key, dn);
}

/**
 * Containers of an object, from its parent upwards. A parent that is not in the tree (of a class that holds objects in
 * rare cases only, or created this moment) is looked up by name. Null where it cannot be found: it has moved again, and
 * that will be reported.
 */
export async function ancestorsOf(context: CaptureContext, dn: string): Promise<readonly string[] | null> {
  const { tree, reader } = context;
  const known = tree.ancestorsOf(dn);
  if (known !== null) return known;
  const missing: string[] = [];
  for (let at = parentDn(dn); at !== '' && tree.keyOf(at) === null; at = parentDn(at)) missing.push(at);
  for (const name of missing.reverse()) {
    const entry = await reader.lookUp(name, ['1.1']);
    const key = entry === undefined ? null : parseExtendedDn(entry.dn).key;
    if (key === null || !tree.put(key, name)) return null;
  }
  return tree.ancestorsOf(dn);
}

/**
 * The same for an object whose parent is known by key, as DirSync tells it. A name alone could lead astray: after a rename
 * another container may have the old name, and its own entry may come later in the answer.
 */
export async function ancestorsBelow(
  context: CaptureContext,
  parent: string,
): Promise<readonly string[] | null> {
  const { tree, reader } = context;
  if (!tree.has(parent)) {
    const entry = await reader.lookUp(guidBase(parent), ['1.1']);
    if (entry === undefined) return null;
    const { dn } = parseExtendedDn(entry.dn);
    await ancestorsOf(context, dn);
    if (!tree.put(parent, dn)) return null;
  }
  return tree.chainOf(parent);
}
