import type { CompiledExpression } from './expressions/compiled-expression.ts';
import type { Sync } from './rule-set.ts';

/** Whether its value may be shown is known before it is evaluated, since the value it replaces is not to be shown either. */
export const isRedacted = ({ functions }: CompiledExpression): boolean => functions.includes('Redact');

const bySync = new WeakMap<Sync, readonly string[]>();

/** Target paths whose values people and logs see as [Redact]. */
export function redactedTargets(sync: Sync): readonly string[] {
  const known = bySync.get(sync);
  if (known !== undefined) return known;
  const paths = sync.flows.flatMap((flow) =>
    flow.kind === 'value' && isRedacted(flow.expression) ? [flow.target.path] : [],
  );
  bySync.set(sync, paths);
  return paths;
}
