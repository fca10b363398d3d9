import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { compileRules } from '../../shared/rules/compile-rules.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import { usageError } from '../command-error.ts';
import { reading } from '../commands/reading.ts';
import { planFileMark, planFileSchema, type PlanFile } from '../plan/plan-file.ts';
import { planPageMark } from '../plan/plan-page.ts';

export interface ReadPlan {
  readonly plan: PlanFile;
  readonly rules: RuleSet;
}

const again = 'Make it anew with "dirbridge plan --rules … --out …".';

/**
 * Reads a plan and checks that it is one, whole, and says what its rules are.
 *
 * @throws CommandError with exit code 2, naming the file and what to do.
 */
export function readPlanFile(path: string): ReadPlan {
  const text = reading(path, () => readFileSync(path, 'utf8'));
  const document = parse(path, text);
  const head = z.object({ kind: z.literal('dirbridge-plan'), version: z.unknown() }).safeParse(document);
  if (!head.success) throw noPlan(path);
  if (head.data.version !== 1)
    throw usageError(
      `${path} is a plan of version ${String(head.data.version)}; this command knows version 1`,
      'Make the plan and apply it with commands of the same version.',
    );
  const parsed = planFileSchema.safeParse(document);
  if (!parsed.success) throw usageError(`${path} is no whole plan: ${firstIssue(parsed.error)}`, again);
  const plan = parsed.data;
  if (plan.base === null)
    throw usageError(
      `${path} was made before any rules were published, so that there is nothing it could be bound to`,
      'Publish rules first ("dirbridge rules publish"), then plan again.',
    );
  return { plan, rules: rulesOf(path, plan) };
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (text.startsWith(planFileMark))
      throw usageError(`${path} is a plan that is cut off or damaged`, again);
    throw noPlan(path, text.startsWith(planPageMark) ? ' but the page of one' : '');
  }
}

const noPlan = (path: string, but = ''): Error =>
  usageError(`${path} is no plan${but}`, 'A plan is what "dirbridge plan --rules … --out …" writes.');

/** A plan has a hundred thousand operations, and one of them is enough to tell. */
function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const at = issue?.path.map(String).join('.') ?? '';
  return `${at === '' ? '' : `${at}: `}${issue?.message ?? 'unknown'}`;
}

function rulesOf(path: string, { rules }: PlanFile): RuleSet {
  const compiled = compileRules(rules.files);
  if (compiled.ok && compiled.rules.hash === rules.hash) return compiled.rules;
  throw usageError(
    `${path}: its rules are not those of the hash that it names; it was changed, or made by another version of this command`,
    again,
  );
}
