import { shownOperation } from '../../shared/plan/operation.ts';
import { changeLines, rulesText } from '../text/change-lines.ts';
import { count } from '../text/count.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint, Style } from '../text/paint.ts';
import type { Finding, PlanHead, PlanSummary } from './plan-file.ts';
import type { Plan } from './make-plan.ts';
import { toBeMade, type PlannedObject, type Target } from './planned-object.ts';
import { signOf, type Sign } from './plan-signs.ts';

const styles: Readonly<Record<Sign, Style>> = { '+': 'green', '~': 'yellow', '-': 'red', '!': 'red' };
const membersShown = 10;

/** Blocks of objects first, the summary last: that is what stays in view. */
export function planText(plan: Plan, limit: number, paint: Paint): string {
  const shown = plan.objects.slice(0, limit);
  const more = plan.objects.length - shown.length;
  const blocks = shown.map((object) => blockOf(object, plan.targets.get(object.connector), paint));
  return [
    ...blocks,
    ...(more > 0 ? [`… and ${count(more, 'more object')} (--limit, --out, --html)`] : []),
    ...(blocks.length > 0 ? [''] : []),
    summaryText(plan.head, paint),
  ].join('\n');
}

function blockOf(
  object: PlannedObject,
  targets: ReadonlyMap<string, Target> | undefined,
  paint: Paint,
): string {
  const sign = signOf(object);
  const kinds = [...new Set(object.operations.map(({ kind }) => kind))].join(', ');
  const head = [
    paint(styles[sign], sign),
    object.cloudClass,
    paint('bold', oneLine(object.label)),
    paint('dim', kinds),
  ].join(' ');
  const { lines, rules } = detailsOf(object, targets, membersShown);
  const signed = lines.map((line) => `${paint(styles[line[0] as Sign], line[0] ?? '')}${line.slice(1)}`);
  return [
    head,
    ...[...signed, ...(rules === '' ? [] : [paint('dim', rules)])].map((line) => `    ${line}`),
  ].join('\n');
}

export interface ObjectDetails {
  /** Each begins with its sign. */
  readonly lines: readonly string[];
  readonly rules: string;
}

/** What is to be done with one object, line by line. */
export function detailsOf(
  { operations, held, problems }: PlannedObject,
  targets: ReadonlyMap<string, Target> | undefined,
  membersMax: number,
): ObjectDetails {
  const nameOf = ({ key, cloudId }: { readonly key: string; readonly cloudId: string }): string => {
    const label = targets?.get(key)?.label ?? cloudId;
    return cloudId === toBeMade ? `${label} ${toBeMade}` : label;
  };
  const reasons = operations.flatMap((operation) => operation.reasons.map(({ rule }) => rule));
  const messages = new Map(
    held.map(({ operation, message }) => [`${operation.kind} ${message}`, operation.kind]),
  );
  return {
    lines: [
      ...operations.flatMap((operation) => changeLines(shownOperation(operation), { nameOf, membersMax })),
      ...[...messages].map(([text]) => `! held: ${oneLine(text)}`),
      ...problems.map(({ target, message }) => `! ${oneLine(`${target}: ${message}`)}`),
    ],
    rules: reasons.length === 0 ? '' : oneLine(`rule ${rulesText(reasons)}`),
  };
}

const weights: Readonly<Record<Finding['weight'], { readonly sign: string; readonly style: Style }>> = {
  bad: { sign: '!', style: 'red' },
  look: { sign: '*', style: 'yellow' },
  info: { sign: '·', style: 'dim' },
};

/** What a person reads before anything else, and before carrying it out. */
export function summaryText(head: PlanHead, paint: Paint): string {
  const { summary } = head;
  return [
    paint('bold', titleOf(head)),
    ...summary.findings.flatMap((finding) => findingLines(finding, paint)),
    signsText(summary, paint),
    ...kindsText(summary),
    timeText(summary),
  ].join('\n');
}

export function titleOf({ rules, base, connectors, summary }: PlanHead): string {
  const hash = rules.hash.slice(0, 12);
  const over =
    base === null
      ? 'no rules are in force'
      : base.hash === rules.hash
        ? `the rules in force, revision ${base.revision}`
        : `in force is revision ${base.revision}, ${base.hash.slice(0, 12)}`;
  return `Plan of rules ${hash} (${over}) over ${count(summary.objects, 'object')} of ${connectors.join(', ')}`;
}

function findingLines({ weight, text, examples, count: number }: Finding, paint: Paint): readonly string[] {
  const { sign, style } = weights[weight];
  const named = examples.map(oneLine).join('; ');
  const more = number > examples.length ? '; …' : '';
  return [
    `${paint(style, sign)} ${oneLine(text)}`,
    ...(examples.length === 0 ? [] : [paint('dim', `    ${named}${more}`)]),
  ];
}

function signsText({ bySign }: PlanSummary, paint: Paint): string {
  const words: readonly (readonly [Sign, string])[] = [
    ['+', 'to make'],
    ['~', 'to change'],
    ['-', 'to disable or delete'],
    ['!', 'held in part, or not possible'],
  ];
  if (words.every(([sign]) => bySign[sign] === 0))
    return 'Nothing to do: the cloud is as these rules want it.';
  const parts = words.map(
    ([sign, word]) => `${paint(styles[sign], sign)} ${bySign[sign].toLocaleString('en-US')} ${word}`,
  );
  return `Objects: ${parts.join(', ')}`;
}

export function kindsText({ byKind, held }: PlanSummary): readonly string[] {
  const kinds = Object.entries(byKind).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  if (kinds.length === 0) return [];
  const list = kinds.map(([kind, number]) => `${number.toLocaleString('en-US')} ${kind}`).join(', ');
  return [`Operations: ${list}${held === 0 ? '' : `; ${held.toLocaleString('en-US')} held`}`];
}

export function timeText({ writes, seconds, writesPer150s }: PlanSummary): string {
  if (writes === 0) return 'No write to Graph.';
  const quota = `${writesPer150s.toLocaleString('en-US')} writes in 150 s, of which bulk leaves a quarter free`;
  return `${count(writes, 'write')} to Graph without what is held: ${durationText(seconds)} (${quota})`;
}

function durationText(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 120) return `about ${seconds} s`;
  if (seconds < 7_200) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3_600).toFixed(1)} h`;
}
