import type { CommandContext } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { publishedNames, readRuleFiles } from './rule-files.ts';
import { judgeRules } from './rules-validate.ts';

/** Checks the rules here, where problems can be shown with their paths, then has them stored as the next revision. */
export async function publishRules(context: CommandContext, paths: readonly string[]): Promise<Outcome> {
  const files = readRuleFiles(paths);
  const judged = judgeRules(files, context.paint);
  if (judged.exitCode !== undefined) return judged;
  const answer = await context.operator().ask('publish-rules', { files: publishedNames(files) });
  const revision = String(answer['revision']);
  return {
    data: answer,
    text: `revision ${revision} is in force (hash ${String(answer['hash']).slice(0, 12)})`,
    next: [
      'Agents get their configuration, and every partition looks at its objects again; deletes and disables beyond the budgets are held.',
      'Watch it with "dirbridge status". An agent that waits to be trusted gets it by "dirbridge agents trust".',
    ].join('\n'),
  };
}
