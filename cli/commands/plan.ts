import { compileRules } from '../../shared/rules/compile-rules.ts';
import { CommandError, usageError } from '../command-error.ts';
import type { CommandContext } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { graphWritesPer150s } from '../plan/count-writes.ts';
import { makePlan, type Plan } from '../plan/make-plan.ts';
import { entriesOf } from '../plan/plan-entries.ts';
import { planFileMark, planFileText, type PlanOperation } from '../plan/plan-file.ts';
import { planPage, planPageMark } from '../plan/plan-page.ts';
import { planText } from '../plan/plan-text.ts';
import { sourcesOf } from '../plan/rules-to-plan.ts';
import { checkReport, writeReport, type ReportFile } from '../plan/write-report.ts';
import { publishedNames, readRuleFiles } from './rule-files.ts';
import { judgeRules } from './rules-validate.ts';

export interface PlanOptions {
  readonly rules: readonly string[];
  readonly out?: string;
  readonly html?: string;
  readonly connector?: string;
  readonly domains?: string;
  readonly limit: number;
}

/** What rules would do, from the state alone: nothing is written, and no other service is asked. */
export async function planRules(context: CommandContext, options: PlanOptions): Promise<Outcome> {
  const files = readRuleFiles(options.rules);
  const compiled = compileRules(files);
  if (!compiled.ok) return judgeRules(files, context.paint);
  const published = publishedNames(files);
  const { rules } = compiled;
  const reports = reportsOf(options);
  // Told before the state is read, which may take a minute.
  for (const report of Object.values(reports)) if (report !== null) checkReport(report);
  const plan = await makePlan(context.tables(), {
    files: published,
    rules,
    connectors: chosen(sourcesOf(rules), options.connector),
    domains: domainsOf(options.domains),
    writesPer150s: quotaOf(context.io.env),
    now: context.io.now(),
  });
  if (plan.head.summary.objects === 0) throw nothingStaged(plan);
  if (reports.out !== null) writeReport(reports.out, planFileText(plan.head, operationsOf(plan)));
  if (reports.html !== null) writeReport(reports.html, planPage(plan));
  return outcomeOf(plan, context, options);
}

function reportsOf({ out, html }: PlanOptions): {
  readonly out: ReportFile | null;
  readonly html: ReportFile | null;
} {
  if (out !== undefined && out === html) throw usageError('--out and --html name the same file');
  return {
    out: out === undefined ? null : { option: '--out', path: out, mark: planFileMark },
    html: html === undefined ? null : { option: '--html', path: html, mark: planPageMark },
  };
}

function chosen(sources: readonly string[], wanted: string | undefined): readonly string[] {
  if (wanted === undefined) return sources;
  if (sources.includes(wanted)) return [wanted];
  throw usageError(`--connector ${wanted}: these rules read ${sources.join(', ')}`);
}

const domainsOf = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((one) => one.trim().replace(/^@/, '').toLowerCase())
    .filter((one) => one !== '');

/** The function app's own setting, where a file of settings holds it. */
function quotaOf(env: Readonly<Record<string, string | undefined>>): number {
  const number = Number(env['DIRBRIDGE_GRAPH_WRITES_PER_150S'] ?? '');
  return Number.isInteger(number) && number >= 20 && number <= 30_000 ? number : graphWritesPer150s;
}

function nothingStaged({ head }: Plan): CommandError {
  const { connectors, base } = head;
  const publish =
    'Publish rules first ("dirbridge rules publish"); with the function app in mode plan that writes nothing to the cloud.';
  const wait = 'Is an agent trusted, and has it read the directory? See "dirbridge status".';
  return new CommandError(
    'NOTHING_STAGED',
    `nothing of ${connectors.join(', ')} has been read yet, so there is nothing to plan`,
    {
      action: base === null ? publish : wait,
    },
  );
}

function* operationsOf(plan: Plan): Generator<PlanOperation> {
  const none = new Map<string, never>();
  for (const object of plan.objects) yield* entriesOf(object, plan.targets.get(object.connector) ?? none);
}

function outcomeOf(plan: Plan, { paint }: CommandContext, options: PlanOptions): Outcome {
  const { summary, rules, ...head } = plan.head;
  const shown = { ...plan, objects: plan.objects.slice(0, options.limit) };
  const isWhole = shown.objects.length === plan.objects.length;
  const problems = plan.objects.flatMap(({ key, label, connector, problems: some }) =>
    some.map((problem) => ({ key, label, connector, ...problem })),
  );
  const written = [options.out, options.html].filter((path) => path !== undefined);
  return {
    data: {
      ...head,
      rules: { hash: rules.hash, files: rules.files.map(({ name }) => name) },
      summary,
      budgets: plan.budgets,
      problems: problems.slice(0, options.limit),
      operations: [...operationsOf(shown)],
      isWhole,
    },
    text: planText(plan, options.limit, paint),
    next: [
      'Nothing was written to the cloud or to the state.',
      ...(written.length === 0
        ? []
        : [`Written: ${written.join(', ')} (values of people: keep it to yourself)`]),
    ].join('\n'),
  };
}
