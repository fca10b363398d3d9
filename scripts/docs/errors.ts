import { errorCodes, type ErrorCode } from '../../shared/errors/error-codes.ts';
import { tableCell } from './table-cell.ts';

/** What each disposition means for the message or object it meets, in the order of docs/reference/errors.md. */
const dispositions: Readonly<Record<(typeof errorCodes)[ErrorCode]['disposition'], string>> = {
  retry:
    'Waited out inside the handler, with growing pauses, or given back to the queue; bounded by the delivery count.',
  'retry-after': 'The service said when: the object is due again at that time.',
  quarantine: 'Recorded on the object, tried again with growing pauses; all other objects go on.',
  hold: 'Kept for a person to decide; all other operations go on.',
  refresh: 'The object is read again at its source before anything is decided.',
  'full-import':
    'The place in the change stream is lost: everything is read again, nothing is deleted because of it.',
  reject:
    'Refused for good: a message goes to the `poison` queue with its reason, a request is answered with it.',
  stop: 'Going on would only burn tries: the loop stops or pauses and says so.',
};

/** Text of docs/reference/errors.md. */
export function errorsPage(hasRunbook: (code: string) => boolean): string {
  const entries = Object.entries(errorCodes);
  return [
    '# Error codes',
    '',
    '<!-- Generated from shared/errors/error-codes.ts by "npm run docs". -->',
    '',
    'Every failure of the outside has one of these codes: in logs, in table Journal, in Quarantine, in the poison queue',
    'and in answers of the operator function. What becomes of it follows from its disposition alone.',
    '',
    '## Dispositions',
    '',
    '| disposition | what happens |',
    '| --- | --- |',
    ...Object.entries(dispositions).map(([name, text]) => `| ${name} | ${text} |`),
    '',
    '## Codes',
    '',
    '| code | disposition | what it means | what to do |',
    '| --- | --- | --- | --- |',
    ...entries.map(([code, { disposition, summary, action }]) => {
      const name = hasRunbook(code) ? `[\`${code}\`](../runbooks/${runbookName(code)})` : `\`${code}\``;
      return `| ${name} | ${disposition} | ${tableCell(summary)} | ${tableCell(action)} |`;
    }),
    '',
  ].join('\n');
}

/** File name of the handwritten page of a code under docs/runbooks. */
export function runbookName(code: string): string {
  return `${code.toLowerCase().replaceAll('_', '-')}.md`;
}
