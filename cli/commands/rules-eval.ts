import { readFileSync } from 'node:fs';
import { compileRules } from '../../shared/rules/compile-rules.ts';
import { redactValue } from '../../shared/rules/redact-value.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import { RuleDocument } from '../../shared/rules/rule-document.ts';
import type { RuleProblem } from '../../shared/rules/rule-problem.ts';
import { schemaProblems } from '../../shared/rules/schema-problems.ts';
import type { CommandContext } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Outcome } from '../outcome.ts';
import { projectTestObject } from '../rule-tests/project-test-object.ts';
import { sourceOf } from '../rule-tests/source-of.ts';
import { testObjectSchema } from '../rule-tests/rule-test-schema.ts';
import { TestKeys, WrongTestObject } from '../rule-tests/stage-test-object.ts';
import { count } from '../text/count.ts';
import { problemsText } from './problems-text.ts';
import { projectionText } from './projection-text.ts';
import { readRuleFiles } from './rule-files.ts';
import { judgeRules } from './rules-validate.ts';
import { reading } from './reading.ts';

export interface RulesEvalOptions {
  readonly object: string;
  readonly connector?: string;
  readonly now?: string;
}

/** What rules make of one object that a file describes, without asking anybody. */
export function evaluateRules(
  { paint }: CommandContext,
  paths: readonly string[],
  { object: file, connector: wanted, now }: RulesEvalOptions,
): Outcome {
  const at = now === undefined ? Date.now() : Date.parse(now);
  if (Number.isNaN(at)) throw usageError(`--now ${now ?? ''} is not a date`);
  const files = readRuleFiles(paths);
  const compiled = compileRules(files);
  if (!compiled.ok) return judgeRules(files, paint);
  const read = readObject(file);
  const told = (problems: readonly RuleProblem[]): Outcome => ({
    data: { ok: false, problems },
    text: problemsText(problems, paint),
    next: count(problems.length, 'problem'),
    exitCode: exitCodes.failure,
  });
  if (!read.ok) return told(read.problems);
  const source = sourceOf(compiled.rules, wanted);
  if ('problem' in source) throw usageError(source.problem);
  const keys = new TestKeys();
  try {
    const { sync, projection } = projectTestObject(compiled.rules, read.object, { ...source, keys, now: at });
    return {
      data: {
        sync: sync?.name ?? null,
        projection: projection === null ? null : shownProjection(projection, keys),
      },
      text: projectionText(sync, projection, keys, paint),
    };
  } catch (error) {
    if (!(error instanceof WrongTestObject)) throw error;
    const place = read.document.valuePlace(['attributes', error.attribute]);
    return told([{ file, ...place, message: error.message }]);
  }
}

function readObject(file: string) {
  const document = new RuleDocument(
    file,
    reading(file, () => readFileSync(file === '-' ? 0 : file, 'utf8')),
  );
  if (document.syntaxProblems.length > 0) return { ok: false, problems: document.syntaxProblems } as const;
  const data = document.toData();
  const parsed = testObjectSchema.safeParse(data);
  if (parsed.success) return { ok: true, object: parsed.data, document } as const;
  const problems = schemaProblems({ document, data, schema: testObjectSchema }, parsed.error.issues);
  return { ok: false, problems } as const;
}

/** As it is shown: references by the DNs that the file gave, not by keys made for them. */
function shownProjection(projection: Projection, keys: TestKeys): unknown {
  if (projection.kind !== 'in') return projection;
  const { values, createOnly, redacted = [] } = projection;
  const shown = (all: typeof values): unknown =>
    Object.fromEntries(
      Object.entries(all).map(([path, value]) => [
        path,
        redacted.includes(path) ? redactValue(value) : value,
      ]),
    );
  const references = Object.fromEntries(
    Object.entries(projection.references).map(([target, key]) => [
      target,
      key === null ? null : keys.nameOf(key),
    ]),
  );
  return { ...projection, values: shown(values), createOnly: shown(createOnly), references };
}
