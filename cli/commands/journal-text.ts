import type { Operation } from '../../shared/plan/operation.ts';
import { labelText } from '../state/describe-object.ts';
import { count } from '../text/count.ts';
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
  const rules = [...new Set(entry.operation.reasons.map((reason) => reason.rule))];
  const shown = rules.length > 3 ? [...rules.slice(0, 3), `and ${rules.length - 3} more`] : rules;
  return oneLine(
    [
      `rule ${shown.join(', ')} (revision ${entry.revision})`,
      `key ${entry.key}`,
      ...(entry.cloudId === null ? [] : [`cloud ${entry.cloudId}`]),
      ...(entry.requestId === null ? [] : [`request ${entry.requestId}`]),
    ].join('  '),
  );
}

/** `~ jobTitle "old" -> "new"`, as people know it from plans. */
function changeLines(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'create':
      return Object.entries(operation.values).map(([name, value]) => `+ ${name} ${show(value)}`);
    case 'update':
      return Object.entries(operation.changes).map(
        ([name, { before, after }]) => `~ ${name} ${show(before)} -> ${show(after)}`,
      );
    case 'set-reference':
      return [`~ ${operation.name} ${operation.before ?? 'nobody'} -> ${operation.targetCloudId}`];
    case 'clear-reference':
      return [`- ${operation.name} ${operation.before ?? 'whoever it is'}`];
    case 'add-members':
      return [`+ ${count(operation.members.length, 'member')}`];
    case 'remove-member':
      return [`- member ${operation.member.cloudId}`];
    case 'enable':
    case 'disable':
    case 'restore':
    case 'revoke-sessions':
    case 'delete':
      return [];
  }
}

const valueMax = 120;

function show(value: unknown): string {
  // An absent value is null in Graph; JSON has no undefined.
  const text = oneLine(JSON.stringify(value ?? null));
  return text.length > valueMax ? `${text.slice(0, valueMax)}…` : text;
}
