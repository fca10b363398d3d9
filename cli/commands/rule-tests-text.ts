import type { RuleProblem } from '../../shared/rules/rule-problem.ts';
import type { RuleTestResult } from '../rule-tests/run-rule-tests.ts';
import { count } from '../text/count.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint } from '../text/paint.ts';
import { problemsText } from './problems-text.ts';

/** Each test by file, what differs in those that failed, and how many there were. */
export function ruleTestsText(
  results: readonly RuleTestResult[],
  problems: readonly RuleProblem[],
  paint: Paint,
): string {
  const byFile = Map.groupBy(results, ({ file }) => file);
  const sections = [...byFile].map(([file, some]) =>
    [paint('bold', file), ...some.map((result) => resultText(result, paint))].join('\n'),
  );
  const failed = results.filter(({ ok }) => !ok).length;
  const parts = [
    `${count(results.length - failed, 'test')} passed`,
    ...(failed === 0 ? [] : [paint('red', `${failed} failed`)]),
    ...(problems.length === 0 ? [] : [paint('red', count(problems.length, 'problem'))]),
  ];
  return [
    ...sections,
    ...(problems.length === 0 ? [] : [problemsText(problems, paint)]),
    parts.join(', '),
  ].join('\n\n');
}

function resultText({ name, file, line, column, ok, differences }: RuleTestResult, paint: Paint): string {
  if (ok) return `  ${paint('green', '✓')} ${oneLine(name)}`;
  const lines = differences.flatMap(({ what, expected, found }) => [
    `      ${oneLine(what)}`,
    `        ${paint('green', `+ expected  ${oneLine(expected)}`)}`,
    `        ${paint('red', `- found     ${oneLine(found)}`)}`,
  ]);
  return [
    `  ${paint('red', '✗')} ${oneLine(name)}  ${paint('dim', `${file}:${line}:${column}`)}`,
    ...lines,
  ].join('\n');
}
