import type { RuleDocument } from './rule-document.ts';
import type { RuleProblem } from './rule-problem.ts';
import type { Flow, Sync } from './rule-set.ts';

export interface PlacedSync {
  readonly sync: Sync;
  readonly document: RuleDocument;
}

export function pathOf(flow: Flow): string {
  return flow.kind === 'value' ? flow.target.path : flow.target;
}

/** Every attribute of a cloud object has one owner, or an order among its owners; every source object has one sync. */
export function checkOwnership(placed: readonly PlacedSync[]): readonly RuleProblem[] {
  return placed.flatMap((later, index) =>
    placed.slice(0, index).flatMap((earlier) => {
      const clash = describeClash(earlier.sync, later.sync);
      if (clash === null) return [];
      const { document, sync } = later;
      const place = document.keyPlace(['syncs', sync.name, ...clash.path]);
      return [{ file: document.file, ...place, message: clash.message, hint: clash.hint }];
    }),
  );
}

function describeClash(
  earlier: Sync,
  later: Sync,
): { readonly path: readonly string[]; readonly message: string; readonly hint: string } | null {
  if (earlier.connector === later.connector && earlier.sourceClass === later.sourceClass)
    return {
      path: ['from'],
      message: `class ${later.sourceClass} of ${later.connector} is read by sync ${earlier.name} already`,
      hint: 'Give the connector one sync a class, and separate objects by expressions.',
    };
  const isSameTarget =
    earlier.cloudConnector === later.cloudConnector && earlier.targetClass === later.targetClass;
  if (!isSameTarget || earlier.precedence !== later.precedence) return null;
  const owned = new Set(earlier.flows.map(pathOf));
  const shared = later.flows.map(pathOf).find((path) => owned.has(path));
  if (shared === undefined) return null;
  return {
    path: ['flows', shared],
    message: `${shared} of ${later.targetClass} is written by sync ${earlier.name} too, with the same precedence ${later.precedence}`,
    hint: 'Give one of them another precedence (lower wins).',
  };
}
