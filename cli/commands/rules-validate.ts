import { compileRules, type RuleFile } from '../../shared/rules/compile-rules.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Outcome } from '../outcome.ts';
import { count } from '../text/count.ts';
import type { Paint } from '../text/paint.ts';
import { table } from '../text/table.ts';
import { problemsText } from './problems-text.ts';
import { readRuleFiles } from './rule-files.ts';

/** Reads and compiles rules as the function app would, without asking it. */
export function validateRules({ paint }: CommandContext, paths: readonly string[]): Outcome {
  return judgeRules(readRuleFiles(paths), paint);
}

export function judgeRules(files: readonly RuleFile[], paint: Paint): Outcome {
  const compiled = compileRules(files);
  if (!compiled.ok)
    return {
      data: { ok: false, problems: compiled.problems },
      text: problemsText(compiled.problems, paint),
      next: `${count(compiled.problems.length, 'problem')} in ${count(files.length, 'file')}`,
      exitCode: exitCodes.failure,
    };
  const { rules, warnings } = compiled;
  const syncs = rules.syncs.map(({ name, connector, sourceClass, cloudConnector, targetClass, flows }) => ({
    name,
    from: { connector, class: sourceClass },
    to: { connector: cloudConnector, class: targetClass },
    flows: flows.length,
  }));
  return {
    data: { ok: true, hash: rules.hash, connectors: Object.values(rules.connectors), syncs, warnings },
    text: `${paint('green', 'valid')}: ${count(files.length, 'file')}, hash ${rules.hash.slice(0, 12)}\n${syncsText(rules, paint)}`,
    ...(warnings.length === 0
      ? {}
      : { next: `${count(warnings.length, 'warning')}: see dirbridge rules lint` }),
  };
}

function syncsText(rules: RuleSet, paint: Paint): string {
  const rows = rules.syncs.map((sync) => [
    sync.name,
    `${sync.connector} ${sync.sourceClass}`,
    `${sync.cloudConnector} ${sync.targetClass}`,
    sync.flows.length,
  ]);
  return table(['SYNC', 'FROM', 'TO', 'FLOWS'], rows, paint);
}
