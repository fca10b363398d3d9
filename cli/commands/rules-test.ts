import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileRules, type CompileResult } from '../../shared/rules/compile-rules.ts';
import { RuleDocument } from '../../shared/rules/rule-document.ts';
import type { RuleProblem } from '../../shared/rules/rule-problem.ts';
import { schemaProblems } from '../../shared/rules/schema-problems.ts';
import type { CommandContext } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Outcome } from '../outcome.ts';
import { isRuleTestFile, ruleTestFileSchema, type RuleTestFile } from '../rule-tests/rule-test-schema.ts';
import { runRuleTests, type RuleTestRun } from '../rule-tests/run-rule-tests.ts';
import { readRuleFiles } from './rule-files.ts';
import { reading } from './reading.ts';
import { ruleTestsText } from './rule-tests-text.ts';

/** Runs tests of rules here, without asking anybody. */
export function testRules({ paint }: CommandContext, paths: readonly string[]): Outcome {
  const files = [...new Set(paths.flatMap(testFilesAt))];
  if (files.length === 0) throw usageError(`there is no *.test.yaml in ${paths.join(', ')}`);
  const runs = files.map(runFile);
  const results = runs.flatMap((run) => (run.ok ? run.results : []));
  const problems = runs.flatMap((run) => (run.ok ? [] : run.problems));
  const failed = results.filter(({ ok }) => !ok).length;
  const isGood = failed === 0 && problems.length === 0;
  return {
    data: { ok: isGood, passed: results.length - failed, failed, results, problems },
    text: ruleTestsText(results, problems, paint),
    exitCode: isGood ? exitCodes.ok : exitCodes.failure,
  };
}

/** Of a folder all *.test.yaml in it and below, by name. */
function testFilesAt(path: string): readonly string[] {
  if (!reading(path, () => statSync(path).isDirectory())) return [path];
  return reading(path, () => readdirSync(path, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && isRuleTestFile(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function runFile(file: string): RuleTestRun {
  const document = new RuleDocument(
    file,
    reading(file, () => readFileSync(file, 'utf8')),
  );
  const read = readTests(document);
  if (!read.ok) return read;
  const compiled = rulesFor(file, read.content);
  return compiled.ok ? runRuleTests(compiled.rules, document, read.content) : compiled;
}

type ReadTests =
  | { readonly ok: true; readonly content: RuleTestFile }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

function readTests(document: RuleDocument): ReadTests {
  const { syntaxProblems } = document;
  if (syntaxProblems.length > 0) return { ok: false, problems: syntaxProblems };
  const data = document.toData();
  const parsed = ruleTestFileSchema.safeParse(data);
  if (parsed.success) return { ok: true, content: parsed.data };
  return {
    ok: false,
    problems: schemaProblems({ document, data, schema: ruleTestFileSchema }, parsed.error.issues),
  };
}

/** The rules that a file of tests names, or those beside it. */
function rulesFor(file: string, content: RuleTestFile): CompileResult {
  const folder = dirname(file);
  const paths = content.rules?.map((path) => join(folder, path)) ?? [folder];
  return compileRules(readRuleFiles(paths));
}
