import { AttributeSpelling } from './attribute-names.ts';
import { checkOwnership } from './check-ownership.ts';
import { compileSync } from './compile-sync.ts';
import { hashRules } from './hash-rules.ts';
import { RuleDocument } from './rule-document.ts';
import { ruleFileSchema, type RuleFileContent } from './rule-file-schema.ts';
import type { RuleProblem, RuleWarning } from './rule-problem.ts';
import type { ConnectorRule, RuleSet, Sync } from './rule-set.ts';
import { schemaProblems } from './schema-problems.ts';
import type { SyncSource } from './sync-compiler.ts';

export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

export type CompileResult =
  | { readonly ok: true; readonly rules: RuleSet; readonly warnings: readonly RuleWarning[] }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

interface ReadFile {
  readonly document: RuleDocument;
  readonly content: RuleFileContent;
}

/** Reads, merges, checks and compiles rule files; all problems at once, in the order of files and lines. */
export function compileRules(files: readonly RuleFile[]): CompileResult {
  const problems: RuleProblem[] = [];
  const read = files.flatMap((file) => readFile(file, problems));
  // A file that cannot be read would make its connectors and syncs look missing in the others.
  if (problems.length > 0) return refuse(files, problems);
  const parameters = mergeParameters(read, problems);
  const connectors = mergeConnectors(read, problems);
  const warnings: RuleWarning[] = [];
  const known = { connectors, parameters: Object.keys(parameters) };
  const syncs = mergeSyncs(read, known, { problems, warnings });
  if (syncs.length === 0 && problems.length === 0)
    problems.push({
      file: files[0]?.name ?? 'rules',
      line: 1,
      column: 1,
      message: 'there is no sync in these rules',
    });
  if (problems.length > 0) return refuse(files, problems);
  const sorted = [...syncs].sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
  const content = { parameters, connectors, syncs: sorted };
  warnings.push(...unusedParameters(read, syncs));
  return {
    ok: true,
    rules: { hash: hashRules(content), ...content },
    warnings: inOrder(files, warnings),
  };
}

function refuse(files: readonly RuleFile[], problems: readonly RuleProblem[]): CompileResult {
  return { ok: false, problems: inOrder(files, problems) };
}

function inOrder<T extends RuleProblem>(files: readonly RuleFile[], found: readonly T[]): readonly T[] {
  const order = new Map(files.map((file, index) => [file.name, index]));
  const place = (one: T): number => order.get(one.file) ?? 0;
  return [...found].sort((a, b) => place(a) - place(b) || a.line - b.line || a.column - b.column);
}

function unusedParameters(read: readonly ReadFile[], syncs: readonly Sync[]): readonly RuleWarning[] {
  const used = new Set(
    syncs.flatMap(({ scope, match, flows }) => [
      ...scope.where.flatMap((one) => one.parameters),
      ...match.flatMap((one) => one.source.parameters),
      ...flows.flatMap((flow) => (flow.kind === 'value' ? flow.expression.parameters : [])),
    ]),
  );
  return read.flatMap(({ document, content }) =>
    Object.keys(content.parameters ?? {})
      .filter((name) => !used.has(name))
      .map((name) => ({
        code: 'unused-parameter' as const,
        file: document.file,
        ...document.keyPlace(['parameters', name]),
        message: `no expression uses %${name}%`,
        hint: 'Parameters are for expressions in the connect dialect.',
      })),
  );
}

function readFile(file: RuleFile, problems: RuleProblem[]): readonly ReadFile[] {
  const document = new RuleDocument(file.name, file.text);
  const syntax = document.syntaxProblems;
  problems.push(...syntax);
  if (syntax.length > 0) return [];
  let data: unknown;
  try {
    data = document.toData();
  } catch {
    // The yaml package throws for aliases: unknown, or unfolding beyond the limit.
    problems.push({
      file: file.name,
      line: 1,
      column: 1,
      message: 'the YAML aliases of this file cannot be resolved',
    });
    return [];
  }
  if (data === null || data === undefined) {
    problems.push({
      file: file.name,
      line: 1,
      column: 1,
      message: 'the file is empty',
      hint: 'Begin with "version: 1".',
    });
    return [];
  }
  const parsed = ruleFileSchema.safeParse(data);
  if (parsed.success) return [{ document, content: parsed.data }];
  problems.push(...schemaProblems({ document, data, schema: ruleFileSchema }, parsed.error.issues));
  return [];
}

/** Entries of one section of all files, refusing what stands in two of them. */
function mergeSection<T>(
  read: readonly ReadFile[],
  section: 'parameters' | 'connectors' | 'syncs',
  entriesOf: (content: RuleFileContent) => Readonly<Record<string, T>> | undefined,
  problems: RuleProblem[],
): readonly { readonly name: string; readonly value: T; readonly source: ReadFile }[] {
  const owners = new Map<string, string>();
  return read.flatMap((source) =>
    Object.entries(entriesOf(source.content) ?? {}).flatMap(([name, value]) => {
      const owner = owners.get(name);
      owners.set(name, owner ?? source.document.file);
      if (owner === undefined) return [{ name, value, source }];
      problems.push({
        file: source.document.file,
        ...source.document.keyPlace([section, name]),
        message: `${section}.${name} stands in ${owner} already`,
      });
      return [];
    }),
  );
}

function mergeParameters(
  read: readonly ReadFile[],
  problems: RuleProblem[],
): Readonly<Record<string, string>> {
  const entries = mergeSection(read, 'parameters', (content) => content.parameters, problems);
  return Object.fromEntries(entries.map(({ name, value }) => [name, String(value)]));
}

function mergeConnectors(
  read: readonly ReadFile[],
  problems: RuleProblem[],
): Readonly<Record<string, ConnectorRule>> {
  const entries = mergeSection(read, 'connectors', (content) => content.connectors, problems);
  return Object.fromEntries(entries.map(({ name, value }) => [name, { name, type: value.type }]));
}

function mergeSyncs(
  read: readonly ReadFile[],
  known: Pick<SyncSource, 'connectors' | 'parameters'>,
  { problems, warnings }: { readonly problems: RuleProblem[]; readonly warnings: RuleWarning[] },
): readonly Sync[] {
  const spelling = new AttributeSpelling();
  const entries = mergeSection(read, 'syncs', (content) => content.syncs, problems);
  const compiled = entries.flatMap(({ name, value, source }) => {
    const result = compileSync({
      name,
      content: value,
      document: source.document,
      dialect: source.content.dialect ?? 'cloud-sync',
      ...known,
      spelling,
    });
    if (result.ok) {
      warnings.push(...result.warnings);
      return [{ sync: result.sync, document: source.document }];
    }
    problems.push(...result.problems);
    return [];
  });
  problems.push(...checkOwnership(compiled));
  return compiled.map((one) => one.sync);
}
