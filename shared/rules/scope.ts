import type { StagedObject } from '../model/staged-object.ts';
import { defaultExclusions } from './default-exclusions.ts';
import { earliest } from './earliest.ts';
import { isNotCoercible, toBoolean } from './expressions/coercions.ts';
import type { EvaluationInput } from './expressions/compiled-expression.ts';
import type { ProjectionProblem, ScopeVerdict } from './projection.ts';
import type { ScopeContainer, Sync } from './rule-set.ts';
import type { StagedReader } from './staged-reader.ts';

export type ScopeJudgement =
  /** The object's place in the tree was never read. */
  | { readonly kind: 'unplaced' }
  | { readonly kind: 'unresolved'; readonly containers: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly clauses: readonly ScopeVerdict[];
      readonly problems: readonly ProjectionProblem[];
    }
  | {
      readonly kind: 'judged';
      readonly isInScope: boolean;
      /** Every clause with its verdict, failed or not, for explain. */
      readonly clauses: readonly ScopeVerdict[];
      readonly reviewAt: number | null;
    };

/** Judges every clause. One that cannot be computed decides nothing: the object is neither in nor out. */
export function judgeScope(
  sync: Sync,
  staged: StagedObject,
  reader: StagedReader,
  input: EvaluationInput,
  containers: ReadonlyMap<string, string>,
): ScopeJudgement {
  const clauses: ScopeVerdict[] = [];
  const problems: ProjectionProblem[] = [];
  let reviewAt: number | null = null;

  const place = judgePlace(sync.scope.under, staged, containers);
  if (place !== null && place.kind !== 'verdict') return place;
  if (place !== null) clauses.push(place.verdict);
  for (const where of sync.scope.where) {
    const tooLarge = where.attributes.find((name) => reader.isOversized(name));
    const result = where.evaluate(input);
    const verdict = result.ok ? toBoolean(result.value) : { reason: result.message };
    if (isNotCoercible(verdict) || tooLarge !== undefined) {
      const reason = isNotCoercible(verdict) ? verdict.reason : `${tooLarge ?? ''} is too large to carry`;
      problems.push({ target: 'scope', message: `where ${where.text}: ${reason}` });
      continue;
    }
    clauses.push({ clause: `where ${where.text}`, passed: verdict });
    if (result.ok) reviewAt = earliest(reviewAt, result.reviewAt);
  }
  if (sync.scope.exclude === 'defaults')
    for (const exclusion of defaultExclusions) {
      if (!exclusion.classes.includes(sync.sourceClass)) continue;
      clauses.push({
        clause: `default exclusion: ${exclusion.clause}`,
        passed: !exclusion.isExcluded(input.read),
      });
    }
  if (problems.length > 0) return { kind: 'failed', clauses, problems };
  return { kind: 'judged', isInScope: clauses.every((clause) => clause.passed), clauses, reviewAt };
}

type Place =
  | { readonly kind: 'verdict'; readonly verdict: ScopeVerdict }
  | { readonly kind: 'unplaced' }
  | { readonly kind: 'unresolved'; readonly containers: readonly string[] };

/** Null where the scope names no container. */
function judgePlace(
  under: readonly ScopeContainer[],
  staged: StagedObject,
  containers: ReadonlyMap<string, string>,
): Place | null {
  if (under.length === 0) return null;
  if (staged.ancestors === null) return { kind: 'unplaced' };
  const ancestors = staged.ancestors.keys;
  const keyOf = (one: ScopeContainer): string | undefined =>
    one.kind === 'guid' ? one.key : containers.get(one.dn.toLowerCase());
  const passed = under.some((one) => {
    const key = keyOf(one);
    return key !== undefined && ancestors.includes(key);
  });
  const unresolved = under.flatMap((one) => (one.kind === 'dn' && keyOf(one) === undefined ? [one.dn] : []));
  // A container that is not resolved may be the one the object lies under.
  if (!passed && unresolved.length > 0) return { kind: 'unresolved', containers: unresolved };
  const names = under.map((one) => (one.kind === 'dn' ? one.dn : `GUID ${one.key}`));
  return { kind: 'verdict', verdict: { clause: `under ${names.join(' or ')}`, passed } };
}
