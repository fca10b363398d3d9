import type { LintCode } from './expressions/lint-expression.ts';

/** What is wrong in a rule file, where a person can find it. Lines and columns count from 1. */
export interface RuleProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** Rules that compile and probably do not do what was meant. */
export interface RuleWarning extends RuleProblem {
  /** Names the trap: docs/guides/rules.md lists them. */
  readonly code: WarningCode;
}

export type WarningCode = LintCode | 'cannot-be-emptied' | 'chosen-at-creation' | 'unused-parameter';
