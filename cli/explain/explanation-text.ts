import type { ImportNote } from '../../shared/state/import-note.ts';
import { labelText } from '../state/describe-object.ts';
import { showValue } from '../text/change-lines.ts';
import { count } from '../text/count.ts';
import { ago, moment } from '../text/moments.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint } from '../text/paint.ts';
import { table, type Cell } from '../text/table.ts';
import { journalText } from '../commands/journal-text.ts';
import type { Explanation, FlowExplanation, SourceFact, Why } from './explanation.ts';

interface TextOptions {
  /** Only this one is told. */
  readonly attribute: string | undefined;
  readonly now: number;
  readonly paint: Paint;
}

/** From the answer to its grounds: why, scope, flows, what was read, what was done last. */
export function explanationText(explanation: Explanation, options: TextOptions): string {
  const { attribute, paint } = options;
  const parts = [headText(explanation, paint), whyText(explanation.why, options)];
  if (attribute === undefined) parts.push(scopeText(explanation, paint));
  parts.push(flowsText(explanation, options));
  parts.push(sourceText(explanation.source, options));
  if (explanation.members !== null && attribute === undefined)
    parts.push(membersText(explanation.members, paint));
  parts.push(operationsText(explanation, paint));
  return parts.filter((part) => part !== '').join('\n\n');
}

function headText(explanation: Explanation, paint: Paint): string {
  const { connector, key, object, cloud, sync, revision, isFormer } = explanation;
  const lines = [
    `${paint('bold', oneLine(labelText(object, key)))}  ${explanation.class ?? 'of unknown class'} of ${connector}`,
    `  key ${key}${object.dn === null ? '' : `  ${oneLine(object.dn)}`}`,
  ];
  if (isFormer) lines.push(paint('yellow', '  it had the name that was asked for, and has it no more'));
  lines.push(cloud === null ? '  not in the cloud' : cloudText(cloud));
  const planned =
    revision.plannedWith === null ? 'never planned' : `last planned with revision ${revision.plannedWith}`;
  const inForce = revision.inForce === null ? 'no rules' : `rules revision ${revision.inForce}`;
  lines.push(`  ${sync === null ? 'no sync' : `sync ${sync}`}, ${inForce}, ${planned}`);
  return lines.join('\n');
}

function cloudText(cloud: NonNullable<Explanation['cloud']>): string {
  const how = cloud.isFound ? 'found by its anchor' : 'linked';
  const state = cloud.state === 'live' ? '' : ', deleted there';
  return `  ${cloud.class} ${cloud.id} in the cloud, ${how} ${moment(cloud.linkedAt)}${state}`;
}

function whyText(reasons: readonly Why[], { paint, now }: TextOptions): string {
  const lines = reasons.flatMap(({ code, what, since, action }) => {
    const mark = code === 'settled' ? paint('green', '✓') : paint('yellow', '!');
    const when = since === null || since === 0 ? '' : ` (since ${moment(since)}, ${ago(since, now)})`;
    return [
      `  ${mark} ${oneLine(what)}${when}`,
      ...(action === '' ? [] : [paint('dim', `      ${oneLine(action)}`)]),
    ];
  });
  return [paint('bold', 'WHY'), ...lines].join('\n');
}

function scopeText({ scope, match }: Explanation, paint: Paint): string {
  if (scope.length === 0) return '';
  const clauses = scope.map(
    ({ clause, passed }) => `  ${passed ? paint('green', '✓') : paint('red', '✗')} ${oneLine(clause)}`,
  );
  const anchor = match.anchor === null ? '' : ` ${match.anchor}`;
  return [paint('bold', 'SCOPE'), ...clauses, `  matched by its anchor${anchor}, and by nothing else`].join(
    '\n',
  );
}

function flowsText({ flows }: Explanation, { attribute, paint }: TextOptions): string {
  if (flows.length === 0)
    return attribute === undefined ? '' : `no flow writes or reads ${oneLine(attribute)}`;
  const rows = flows.map((flow): readonly Cell[] => [
    flow.target,
    valueCell(flow),
    flow.isPending ? { text: appliedText(flow), style: 'yellow' } : appliedText(flow),
    short(flow.rule, attribute === undefined ? 60 : 10_000),
  ]);
  return table(['FLOW', 'GIVES', 'WRITTEN', 'RULE'], rows, paint);
}

function valueCell({ outcome }: FlowExplanation): Cell {
  switch (outcome.kind) {
    case 'value': {
      const text = outcome.value === null ? '(emptied)' : short(showValue(outcome.value), 60);
      return outcome.at === 'creation' ? `${text} at creation` : text;
    }
    case 'chosen-at-creation':
      return '(chosen at creation)';
    case 'untouched':
      return { text: '(left as it is)', style: 'dim' };
    case 'problem':
      return { text: outcome.message, style: 'red' };
    case 'not-computed':
      return { text: '-', style: 'dim' };
  }
}

function appliedText({ applied, isPending, outcome }: FlowExplanation): string {
  if (!isPending)
    return applied === undefined ? '' : outcome.kind === 'value' ? 'the same' : showValue(applied);
  return applied === undefined || applied === null ? 'not yet' : `not yet: ${showValue(applied)}`;
}

const short = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max)}…` : text);

function sourceText(source: readonly SourceFact[], { attribute, paint }: TextOptions): string {
  if (source.length === 0) return '';
  const rows = source.map(({ attribute: name, values, version, isOversized }): readonly Cell[] => [
    name,
    sourceCell(values, isOversized, attribute === undefined ? 80 : 1_000),
    version ?? '',
  ]);
  return table(['READ', 'VALUE', 'VERSION'], rows, paint);
}

function sourceCell(values: SourceFact['values'], isOversized: boolean, max: number): Cell {
  if (isOversized) return { text: '(too large to carry)', style: 'yellow' };
  if (values === undefined) return { text: '(never read)', style: 'yellow' };
  if (values.length === 0) return { text: '(empty)', style: 'dim' };
  return short(showValue(values.length === 1 ? values[0] : values), max);
}

function membersText({ ready, waiting, held }: NonNullable<Explanation['members']>, paint: Paint): string {
  return [
    paint('bold', 'MEMBERS'),
    `  ${ready} to be written, ${waiting} waiting to be in the cloud themselves, ${held} held`,
  ].join('\n');
}

function operationsText({ journal, object }: Explanation, paint: Paint): string {
  if (journal.length === 0) return '';
  const lines = journalText(
    journal.map((entry) => ({ ...entry, object })),
    paint,
  );
  return [paint('bold', 'LAST OPERATIONS'), ...lines.split('\n').map((line) => `  ${line}`)].join('\n');
}

/** Not in the state at all. */
export function neverReadText(
  who: string,
  sources: readonly { readonly connector: string; readonly imports: readonly ImportNote[] }[],
  now: number,
  paint: Paint,
): string {
  const lines = sources.flatMap(({ connector, imports }) => {
    if (imports.length === 0) return [`  no import of ${connector} has been complete yet`];
    return imports.map(
      ({ namingContext, toldAt, objects }) =>
        `  ${connector}: ${oneLine(namingContext)} was read completely ${moment(toldAt)} (${ago(toldAt, now)}), ${count(objects, 'object')}`,
    );
  });
  return [
    `${paint('bold', oneLine(who))} was never read`,
    ...lines,
    '  The agent reads objects of the classes that syncs name, as far as its account may see them.',
  ].join('\n');
}
