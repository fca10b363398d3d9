import type { PlanOperation } from '../plan/plan-file.ts';
import type { Standing } from './standing-of.ts';

/**
 * Whether what is held is what the plan said would be. Beyond a budget it says how many of a kind, and names some of them:
 * which it really is depends on whose turn comes first.
 */
export function isHeldAsSaid(
  operations: readonly PlanOperation[],
  standings: ReadonlyMap<PlanOperation, Standing>,
): boolean {
  const said = new Set(operations.flatMap(({ held = [] }) => held.map(({ hash }) => hash)));
  const isSaid = (operation: PlanOperation, { hold }: Standing): boolean =>
    operation.held !== undefined || said.has(hold?.hash ?? '');
  const unsaid = [...standings].filter(
    ([operation, standing]) => standing.standing === 'held' && !isSaid(operation, standing),
  );
  const left = new Map<string, number>();
  for (const operation of operations) {
    const standing = standings.get(operation);
    // Said to be held, and it went: one of the others was held in its place.
    const gone = standing?.standing === 'held' ? [] : (operation.held ?? []);
    for (const { cause, hash } of gone) {
      if (cause !== 'budget') continue;
      const kind = kindOf(operation, pathOf(operation, hash));
      left.set(kind, (left.get(kind) ?? 0) + 1);
    }
  }
  return unsaid.every(([operation, { hold, property }]) => {
    // Its disable decides about it.
    if (operation.kind === 'revoke-sessions') return true;
    const kind = kindOf(operation, property ?? null);
    const number = left.get(kind) ?? 0;
    left.set(kind, number - 1);
    return hold?.cause === 'budget' && hold.status !== 'rejected' && number > 0;
  });
}

/** What has one budget. */
const kindOf = ({ connector, sync, kind }: PlanOperation, path: string | null): string =>
  JSON.stringify([connector, sync, kind, path]);

const pathOf = ({ parts = {} }: PlanOperation, hash: string): string | null =>
  Object.entries(parts).find(([, part]) => part === hash)?.[0] ?? null;
