import { coerceValue } from './coerce-value.ts';
import { earliest } from './earliest.ts';
import { isNotCoercible } from './expressions/coercions.ts';
import type { EvaluationInput } from './expressions/compiled-expression.ts';
import { isChosen } from './is-chosen.ts';
import type { ProjectionContext, ProjectionProblem, TargetValue } from './projection.ts';
import type { ReferenceFlow, Sync, ValueFlow } from './rule-set.ts';
import { seededBytes } from './seeded-bytes.ts';
import type { StagedReader } from './staged-reader.ts';

export interface FlowResults {
  readonly values: Readonly<Record<string, TargetValue>>;
  readonly createOnly: Readonly<Record<string, TargetValue>>;
  readonly chosen: readonly string[];
  readonly references: Readonly<Record<string, string | null>>;
  readonly members: { readonly attribute: string } | null;
  readonly problems: readonly ProjectionProblem[];
  readonly reviewAt: number | null;
}

/** What one flow gives: a value, nothing to write, or why there is none. */
type Outcome<T> =
  | { readonly kind: 'value'; readonly value: T; readonly reviewAt: number | null }
  | { readonly kind: 'keep'; readonly reviewAt: number | null }
  | { readonly kind: 'problem'; readonly message: string };

/**
 * Computes all flows; one that fails leaves its own target alone and no other. Without a seed random
 * flows are tried out with some, so that their problems are told, and give no value.
 */
export function projectFlows(
  sync: Sync,
  reader: StagedReader,
  input: EvaluationInput,
  { seed, isTaken }: Pick<ProjectionContext, 'seed' | 'isTaken'>,
): FlowResults {
  const values: Record<string, TargetValue> = {};
  const createOnly: Record<string, TargetValue> = {};
  const chosen: string[] = [];
  const references: Record<string, string | null> = {};
  const problems: ProjectionProblem[] = [];
  let members: { readonly attribute: string } | null = null;
  let reviewAt: number | null = null;
  for (const flow of sync.flows) {
    if (flow.kind === 'members') {
      members = { attribute: flow.attribute };
    } else if (flow.kind === 'reference') {
      const outcome = projectReference(flow, reader);
      if (outcome.kind === 'problem') problems.push({ target: flow.target, message: outcome.message });
      if (outcome.kind === 'value') references[flow.target] = outcome.value;
    } else if (!isChosen(flow.expression) || seed !== null) {
      const { isRandom } = flow.expression;
      const given = isChosen(flow.expression) ? choosing(input, flow, { seed, isTaken }) : input;
      const outcome = projectValue(flow, reader, given);
      if (outcome.kind === 'problem') {
        problems.push({ target: flow.target.path, message: outcome.message });
        continue;
      }
      if (isChosen(flow.expression) && outcome.kind === 'value' && !isNothing(outcome.value))
        chosen.push(flow.target.path);
      if (outcome.kind === 'value' && !(isRandom && seed === undefined))
        (flow.apply === 'create' ? createOnly : values)[flow.target.path] = outcome.value;
      // What is fixed at creation does not change with time.
      if (flow.apply === 'always') reviewAt = earliest(reviewAt, outcome.reviewAt);
    }
  }
  return { values, createOnly, chosen, references, members, problems, reviewAt };
}

/** Each flow draws from its own source, so that one that is added or changed leaves the others as they are. */
const choosing = (
  input: EvaluationInput,
  { target }: ValueFlow,
  { seed, isTaken }: Pick<ProjectionContext, 'seed' | 'isTaken'>,
): EvaluationInput => ({
  ...input,
  random: seededBytes(seed ?? '', target.path),
  exists: (value) => isTaken?.(target.path, value) === true,
});

const isNothing = (value: TargetValue): boolean =>
  value === null || (Array.isArray(value) && value.length === 0);

function projectValue(flow: ValueFlow, reader: StagedReader, input: EvaluationInput): Outcome<TargetValue> {
  const tooLarge = oversizedOf(flow.expression.attributes, reader);
  if (tooLarge !== null) return tooLarge;
  const result = flow.expression.evaluate(input);
  if (!result.ok) return { kind: 'problem', message: result.message };
  if (result.isFlowIgnored) return { kind: 'keep', reviewAt: result.reviewAt };
  const value = coerceValue(result.value, flow.target);
  if (isNotCoercible(value)) return { kind: 'problem', message: `the value ${value.reason}` };
  if (value !== null) return { kind: 'value', value, reviewAt: result.reviewAt };
  if (flow.whenNull === 'keep') return { kind: 'keep', reviewAt: result.reviewAt };
  if (!flow.target.isClearable)
    return { kind: 'problem', message: 'there is no value, and Entra cannot clear it' };
  const cleared = flow.target.type === 'string-collection' ? [] : null;
  return { kind: 'value', value: cleared, reviewAt: result.reviewAt };
}

function projectReference(flow: ReferenceFlow, reader: StagedReader): Outcome<string | null> {
  const tooLarge = oversizedOf([flow.attribute], reader);
  if (tooLarge !== null) return tooLarge;
  const [first, ...rest] = reader.values(flow.attribute);
  if (first === undefined) return { kind: 'value', value: null, reviewAt: null };
  if (rest.length > 0) return { kind: 'problem', message: `${flow.attribute} has several values` };
  if (typeof first === 'object' && 'r' in first) return { kind: 'value', value: first.r, reviewAt: null };
  return { kind: 'problem', message: `${flow.attribute} does not point to an object` };
}

function oversizedOf(
  attributes: readonly string[],
  reader: StagedReader,
): { readonly kind: 'problem'; readonly message: string } | null {
  const tooLarge = attributes.find((name) => reader.isOversized(name));
  return tooLarge === undefined ? null : { kind: 'problem', message: `${tooLarge} is too large to carry` };
}
