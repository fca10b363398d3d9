import { errorCodes } from '../../shared/errors/error-codes.ts';
import { runbookName } from './errors.ts';
import { tableCell } from './table-cell.ts';

/** Text of docs/runbooks/README.md: every code where somebody must act, with its page where one is written. */
export function runbookList(hasRunbook: (code: string) => boolean): string {
  const rows = Object.entries(errorCodes)
    .filter(([code, { action }]) => needsPerson(action) || hasRunbook(code))
    .map(([code, { summary, action }]) => {
      const name = hasRunbook(code) ? `[${code}](${runbookName(code)})` : `\`${code}\``;
      return `| ${name} | ${tableCell(summary)} | ${tableCell(action)} |`;
    });
  return [
    '# Runbooks',
    '',
    '<!-- Generated from shared/errors/error-codes.ts and the pages beside this one by "npm run docs". -->',
    '',
    'What to do when a code appears in a log line, in `dirbridge status`, in the journal or in the poison queue. Codes that',
    'need nobody are left out; all of them stand in [errors.md](../reference/errors.md).',
    '',
    '| code | what happened | in one line |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** Actions of codes that settle themselves begin with the word "Nothing". */
function needsPerson(action: string): boolean {
  return !action.startsWith('Nothing');
}
