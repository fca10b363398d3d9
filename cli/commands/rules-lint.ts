import { compileRules } from '../../shared/rules/compile-rules.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Outcome } from '../outcome.ts';
import { count } from '../text/count.ts';
import { problemsText } from './problems-text.ts';
import { readRuleFiles } from './rule-files.ts';
import { judgeRules } from './rules-validate.ts';

/** Looks for what compiles and probably does not do what was meant. Rules that do not compile are told as validate tells them. */
export function lintRules({ paint }: CommandContext, paths: readonly string[]): Outcome {
  const files = readRuleFiles(paths);
  const compiled = compileRules(files);
  if (!compiled.ok) return judgeRules(files, paint);
  const { warnings } = compiled;
  if (warnings.length === 0)
    return {
      data: { ok: true, warnings },
      text: `${paint('green', 'nothing to complain of')} in ${count(files.length, 'file')}`,
    };
  const shown = warnings.map(({ code, message, ...warning }) => ({
    ...warning,
    message: `${message} (${code})`,
  }));
  return {
    data: { ok: false, warnings },
    text: problemsText(shown, paint),
    next: `${count(warnings.length, 'warning')} in ${count(files.length, 'file')}`,
    exitCode: exitCodes.failure,
  };
}
