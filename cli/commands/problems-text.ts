import type { RuleProblem } from '../../shared/rules/rule-problem.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint } from '../text/paint.ts';

/** file:line:column first, as compilers do, so that editors can jump there. */
export function problemsText(problems: readonly RuleProblem[], paint: Paint): string {
  return problems
    .map(({ file, line, column, message, hint }) => {
      const first = `${paint('bold', `${file}:${line}:${column}`)}  ${oneLine(message)}`;
      return hint === undefined ? first : `${first}\n    ${oneLine(hint)}`;
    })
    .join('\n');
}
