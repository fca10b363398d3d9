import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RuleFile } from '../../shared/rules/compile-rules.ts';
import { usageError } from '../command-error.ts';
import { isRuleTestFile } from '../rule-tests/rule-test-schema.ts';
import { reading } from './reading.ts';

/**
 * Rule files as named: of a folder all *.yaml and *.yml directly in it, by name, but for tests of rules.
 *
 * @throws CommandError with exit code 2 when something cannot be read or there is none.
 */
export function readRuleFiles(paths: readonly string[]): readonly RuleFile[] {
  const files = paths.flatMap((path) => (isFolder(path) ? filesIn(path) : [path]));
  if (new Set(files).size < files.length) throw usageError('a rule file is named twice');
  return files.map((name) => ({ name, text: reading(name, () => readFileSync(name, 'utf8')) }));
}

const isRuleFile = (name: string): boolean => /^[^.].*\.ya?ml$/i.test(name) && !isRuleTestFile(name);

function filesIn(folder: string): readonly string[] {
  const names = reading(folder, () => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && isRuleFile(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
  if (names.length === 0) throw usageError(`there is no *.yaml in ${folder}`);
  return names;
}

const isFolder = (path: string): boolean => reading(path, () => statSync(path).isDirectory());

/**
 * The same files under their base names: paths of an operator's machine do not belong in the state.
 *
 * @throws CommandError with exit code 2 when two have the same base name.
 */
export function publishedNames(files: readonly RuleFile[]): readonly RuleFile[] {
  const renamed = files.map(({ name, text }) => ({ name: basename(name), text }));
  const names = renamed.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`two of the rule files are called ${twice}; rename one of them`);
  return renamed;
}
