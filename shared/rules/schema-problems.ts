import type * as z from 'zod';
import { suggest } from './expressions/suggest.ts';
import type { Path, RuleDocument } from './rule-document.ts';
import type { RuleProblem } from './rule-problem.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** Turns what zod found into problems with a place, in words about the file and not about the schema. */
export function schemaProblems(
  { document, data, schema }: Checked,
  issues: readonly Issue[],
): readonly RuleProblem[] {
  const problems = issues
    .flatMap((issue) => expand(issue, []))
    .map((found) => describe({ document, data, schema }, found));
  const misspelt = problems.flatMap((problem) => problem.meant);
  // "missing value" beside "unknown key valu, did you mean value" would be the same mistake told twice.
  return problems
    .filter((problem) => problem.missing === null || !misspelt.includes(problem.missing))
    .map((problem) => problem.told);
}

/** A file that does not fit its schema. */
interface Checked {
  readonly document: RuleDocument;
  readonly data: unknown;
  readonly schema: Schema;
}

interface Found {
  readonly issue: Issue;
  readonly path: Path;
}

interface Described {
  readonly told: RuleProblem;
  /** Full path of a key that is missing. */
  readonly missing: string | null;
  /** Full paths of the keys that misspelt ones meant. */
  readonly meant: readonly string[];
}

function toPath(path: readonly PropertyKey[]): Path {
  return path.map((part) => (typeof part === 'number' ? part : String(part)));
}

/** Takes a union apart: the branch that fits best speaks for it, unless none fits at all. */
function expand(issue: Issue, base: Path): readonly Found[] {
  const path = [...base, ...toPath(issue.path)];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  const branches = issue.errors.map((errors) => ({
    errors,
    weight: errors.reduce((sum, one) => sum + weightOf(one), 0),
  }));
  branches.sort((a, b) => a.weight - b.weight);
  const [best] = branches;
  if (best === undefined || best.weight >= misfit) return [{ issue, path }];
  return best.errors.flatMap((one) => expand(one, path));
}

const misfit = 100;

function weightOf(issue: Issue): number {
  if (issue.code === 'unrecognized_keys') return issue.keys.length;
  return issue.path.length === 0 ? misfit : 1;
}

function describe({ document, data, schema }: Checked, { issue, path }: Found): Described {
  const { file } = document;
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  const tell = (message: string, hint?: string | null, place = document.valuePlace(path)): RuleProblem => {
    const problem = { file, line: place.line, column: place.column, message };
    return hint === undefined || hint === null ? problem : { ...problem, hint };
  };
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path);
    return describeUnknownKeys({ keys: issue.keys, known, path, where }, document, tell);
  }
  const value = valueAt(data, path);
  if (value === undefined && path.length > 0) {
    const told = tell(
      `${parentOf(path)}the key ${String(path.at(-1))} is missing`,
      null,
      document.keyPlace(path),
    );
    return { told, missing: path.join('.'), meant: [] };
  }
  const other = { missing: null, meant: [] };
  if (issue.code === 'invalid_key')
    return {
      told: tell(`${where}${issue.issues[0]?.message ?? 'is not a name'}`, null, document.keyPlace(path)),
      ...other,
    };
  if (isExpressionPath(path)) {
    const slip = describeExpressionSlip(value, path);
    if (slip !== null) return { told: tell(`${where}${slip.message}`, slip.hint), ...other };
  }
  return { told: tell(`${where}${wordsOf(issue)}`), ...other };
}

interface UnknownKeys {
  readonly keys: readonly string[];
  readonly known: readonly string[];
  readonly path: Path;
  readonly where: string;
}

function describeUnknownKeys(
  { keys, known, path, where }: UnknownKeys,
  document: RuleDocument,
  tell: (message: string, hint?: string | null, place?: { line: number; column: number }) => RuleProblem,
): Described {
  const [first = ''] = keys;
  const meant = keys.map((key) => suggest(key, known));
  const names = keys.map((key) => `"${key}"`).join(', ');
  const guess = meant[0] ?? null;
  const hint = guess === null ? `Known here: ${known.join(', ')}.` : `Did you mean "${guess}"?`;
  return {
    told: tell(
      `${where}unknown key ${names}`,
      known.length === 0 ? null : hint,
      document.keyPlace([...path, first]),
    ),
    missing: null,
    meant: meant.flatMap((key) => (key === null ? [] : [[...path, key].join('.')])),
  };
}

function parentOf(path: Path): string {
  return path.length < 2 ? '' : `${path.slice(0, -1).join('.')}: `;
}

function isExpressionPath(path: Path): boolean {
  const [root, , part, , last] = path;
  if (root !== 'syncs') return false;
  if (part === 'flows') return path.length === 4 || (path.length === 5 && last === 'value');
  return (part === 'scope' && path[3] === 'where') || (part === 'match' && path.at(-1) === 'source');
}

/** The slips that YAML invites: brackets without quotes, and True for "True". */
function describeExpressionSlip(value: unknown, path: Path): { message: string; hint: string } | null {
  if (Array.isArray(value)) {
    const written = `[${value.map(String).join(', ')}]`;
    return {
      message: `${written} without quotes is a YAML list, not an expression`,
      hint: `Write '${written}' in quotes.`,
    };
  }
  if (typeof value === 'boolean' || typeof value === 'number') {
    const constant = typeof value === 'boolean' ? (value ? '"True"' : '"False"') : `"${value}"`;
    return {
      message: `${String(value)} is a YAML ${typeof value}, an expression is text`,
      hint: `For the constant write '${constant}'.`,
    };
  }
  if (path.length === 4 && path[2] === 'flows')
    return {
      message: 'is neither an expression nor a mapping',
      hint: "Write '[attribute]', { value: … }, { reference: … } or { references: member }.",
    };
  return null;
}

function wordsOf(issue: Issue): string {
  if (issue.code === 'invalid_type') return `must be ${nounOf(issue.expected)}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'too_small') return `must be at least ${String(issue.minimum)}`;
  if (issue.code === 'too_big') return `must be at most ${String(issue.maximum)}`;
  return issue.message;
}

function nounOf(type: string): string {
  const nouns: Readonly<Record<string, string>> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return nouns[type] ?? type;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    data,
  );
}

/** Keys the schema knows at a place, those of all branches of a union. */
function knownKeys(schema: Schema, path: Path): readonly string[] {
  let schemas: readonly Schema[] = [schema];
  for (const key of path) schemas = schemas.flatMap((one) => childrenOf(unwrap(one), key));
  return schemas.flatMap((one) => unwrap(one)).flatMap((one) => objectKeys(one));
}

/** A schema without its wrappers; a union as its branches. */
function unwrap(schema: Schema): readonly Schema[] {
  const { def } = schema._zod as { def: { type: string; innerType?: Schema; options?: readonly Schema[] } };
  if (def.innerType !== undefined) return unwrap(def.innerType);
  if (def.options !== undefined) return def.options.flatMap(unwrap);
  return [schema];
}

function childrenOf(schemas: readonly Schema[], key: string | number): readonly Schema[] {
  return schemas.flatMap((schema) => {
    const { def } = schema._zod as {
      def: { shape?: Readonly<Record<string, Schema>>; valueType?: Schema; element?: Schema };
    };
    const child = def.shape?.[String(key)] ?? def.valueType ?? def.element;
    return child === undefined ? [] : [child];
  });
}

function objectKeys(schema: Schema): readonly string[] {
  const { def } = schema._zod as { def: { shape?: Readonly<Record<string, Schema>> } };
  return Object.keys(def.shape ?? {});
}
