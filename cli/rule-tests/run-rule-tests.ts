import { normalizeDn } from '../../shared/model/dn.ts';
import { captureNeeds } from '../../shared/rules/capture-needs.ts';
import { project } from '../../shared/rules/project.ts';
import type { RuleDocument } from '../../shared/rules/rule-document.ts';
import type { RuleProblem } from '../../shared/rules/rule-problem.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import { selectSync } from '../../shared/rules/select-sync.ts';
import { judgeProjection, type Difference } from './judge-projection.ts';
import type { RuleTest, RuleTestFile } from './rule-test-schema.ts';
import { stageTestObject, TestKeys, WrongTestObject } from './stage-test-object.ts';

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
  const connector = connectorOf(rules, content.connector, (message) => report(['connector'], message));
  if (connector === null) return { ok: false, problems };
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

function connectorOf(
  rules: RuleSet,
  wanted: string | undefined,
  report: (message: string) => void,
): string | null {
  const sources = Object.values(rules.connectors).flatMap(({ name, type }) =>
    type === 'entra' ? [] : [name],
  );
  const [only, ...others] = sources;
  if (wanted !== undefined && sources.includes(wanted)) return wanted;
  if (wanted === undefined && only !== undefined && others.length === 0) return only;
  report(
    wanted === undefined
      ? `the rules have ${sources.length} sources: name one with "connector"`
      : `there is no source connector ${wanted}; known: ${sources.join(', ')}`,
  );
  return null;
}

function runOne(
  rules: RuleSet,
  connector: string,
  content: RuleTestFile,
  test: RuleTest,
  keys: TestKeys,
): readonly Difference[] {
  const needs = captureNeeds(rules, connector);
  const staged = stageTestObject(test.object, needs, keys);
  const sync = selectSync(rules, connector, staged);
  const projection =
    sync === null
      ? null
      : project(sync, staged, {
          now: Date.parse(test.now ?? content.now ?? defaultNow),
          containers: new Map(needs.containers.map((dn) => [dn.toLowerCase(), keys.of(normalizeDn(dn))])),
          parameters: rules.parameters,
        });
  return judgeProjection(test.expect, projection, keys);
}
