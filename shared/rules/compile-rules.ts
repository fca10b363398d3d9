import type { RuleProblem } from './rule-problem.ts';
import type { RuleSet } from './rule-set.ts';

export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

export type CompileResult =
  | { readonly ok: true; readonly rules: RuleSet }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/** Reads, merges, checks and compiles rule files; all problems at once, in the order of files and lines. */
export declare function compileRules(files: readonly RuleFile[]): CompileResult;
