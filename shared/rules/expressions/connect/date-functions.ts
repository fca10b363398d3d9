import {
  dateOf,
  required,
  requiredParameter,
  textOf,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';
import { compileDateAdd, connectSpans } from '../functions/date-add.ts';
import { formatted } from '../functions/format-date-time.ts';

function compileFormat(site: CallSite): Closure {
  const value = required(site, 0);
  const format = required(site, 1);
  return (evaluation) => {
    const date = dateOf(value, evaluation);
    const form = textOf(format, evaluation) ?? '';
    return date === null ? null : formatted(format, form, date.ms);
  };
}

export const connectDateFunctions: readonly FunctionDefinition[] = [
  {
    name: 'DateAdd',
    family: 'date',
    parameters: [requiredParameter('interval'), requiredParameter('value'), requiredParameter('date')],
    summary:
      'The date that many units later. Intervals: yyyy, q (quarter), m, y, d and w (days), ww, h, n (minute), s.',
    isPerValue: true,
    compile: (site) => compileDateAdd(site, connectSpans),
  },
  {
    name: 'FormatDateTime',
    family: 'date',
    parameters: [requiredParameter('value'), requiredParameter('format')],
    summary: 'The date in a date format of .NET (invariant culture, UTC).',
    isPerValue: true,
    compile: compileFormat,
  },
];
