import type { RuleDocument } from '../../shared/rules/rule-document.ts';
import type { RuleProblem } from '../../shared/rules/rule-problem.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import { judgeProjection, type Difference } from './judge-projection.ts';
import type { RuleTest, RuleTestFile } from './rule-test-schema.ts';
import { projectTestObject } from './project-test-object.ts';
import { sourceOf } from './source-of.ts';
import { TestKeys, WrongTestObject } from './stage-test-object.ts';

export interface RuleTestResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly ok: boolean;
  readonly differences: readonly Difference[];
}

export type RuleTestRun =
  | { readonly ok: true; readonly results: readonly RuleTestResult[] }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

const defaultNow = '2026-01-01T00:00:00Z';

/** Runs the tests of one file over compiled rules. Asks nobody; the time is the file's. */
export function runRuleTests(rules: RuleSet, document: RuleDocument, content: RuleTestFile): RuleTestRun {
  const problems: RuleProblem[] = [];
  const report = (path: readonly (string | number)[], message: string): void => {
    problems.push({ file: document.file, ...document.valuePlace(path), message });
  };
  const source = sourceOf(rules, content.connector);
  if ('problem' in source) {
    report(['connector'], source.problem);
    return { ok: false, problems };
  }
  const { connector } = source;
  const keys = new TestKeys(content.containers);
  const results = content.tests.flatMap((test, index) => {
    try {
      const differences = runOne(rules, connector, content, test, keys);
      const place = document.valuePlace(['tests', index]);
      return [{ name: test.name, file: document.file, ...place, ok: differences.length === 0, differences }];
    } catch (error) {
      if (!(error instanceof WrongTestObject)) throw error;
      report(['tests', index, 'object', 'attributes', error.attribute], error.message);
      return [];
    }
  });
  return problems.length === 0 ? { ok: true, results } : { ok: false, problems };
}

function runOne(
  rules: RuleSet,
  connector: string,
  content: RuleTestFile,
  test: RuleTest,
  keys: TestKeys,
): readonly Difference[] {
  const now = Date.parse(test.now ?? content.now ?? defaultNow);
  const { projection } = projectTestObject(rules, test.object, { connector, keys, now });
  return judgeProjection(test.expect, projection, keys);
}
