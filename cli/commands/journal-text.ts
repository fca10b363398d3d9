import { labelText } from '../state/describe-object.ts';
import { changeLines, rulesText } from '../text/change-lines.ts';
import { moment } from '../text/moments.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint, Style } from '../text/paint.ts';
import type { LabelledEntry } from '../state/read-journal.ts';

const styles: Readonly<Record<LabelledEntry['outcome'], Style>> = {
  success: 'green',
  failure: 'red',
  skipped: 'dim',
  held: 'yellow',
  planned: 'dim',
};

/** One line an operation, then what it changes and why, indented. */
export function journalText(entries: readonly LabelledEntry[], paint: Paint): string {
  if (entries.length === 0) return 'nothing in this time';
  return entries.map((entry) => entryText(entry, paint)).join('\n');
}

function entryText(entry: LabelledEntry, paint: Paint): string {
  const { operation } = entry;
  const head = [
    moment(entry.at),
    paint(styles[entry.outcome], entry.outcome.padEnd(7)),
    `${operation.kind} ${operation.cloudClass}`,
    oneLine(labelText(entry.object, entry.key)),
    ...(entry.durationMs === null ? [] : [`${Math.round(entry.durationMs)} ms`]),
  ].join('  ');
  const trouble = [entry.code, entry.message].filter((part) => part !== null && part !== '').join(' ');
  const details = [
    ...changeLines(operation),
    ...(trouble === '' ? [] : [paint('red', oneLine(trouble))]),
    paint('dim', whyText(entry)),
  ];
  return [head, ...details.map((line) => `    ${line}`)].join('\n');
}

function whyText(entry: LabelledEntry): string {
  const rules = entry.operation.reasons.map((reason) => reason.rule);
  return oneLine(
    [
      `rule ${rulesText(rules)} (revision ${entry.revision})`,
      `key ${entry.key}`,
      ...(entry.cloudId === null ? [] : [`cloud ${entry.cloudId}`]),
      ...(entry.requestId === null ? [] : [`request ${entry.requestId}`]),
    ].join('  '),
  );
}
