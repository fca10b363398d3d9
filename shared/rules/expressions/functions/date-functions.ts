import { dateDifference } from '../date-difference.ts';
import { dayMs } from '../evaluation.ts';
import { fromFileTime, toFileTime } from '../dates.ts';
import { ExpressionError } from '../expression-error.ts';
import { cloudSyncSpans, compileDateAdd } from './date-add.ts';
import { compileFormatDateTime } from './format-date-time.ts';
import {
  dateOf,
  integerOf,
  optionalParameter,
  required,
  requiredParameter,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';

function compileDateDiff(site: CallSite): Closure {
  const difference = dateDifference(site);
  return (evaluation) => {
    const result = difference(evaluation);
    if (result === null) return null;
    // As a number of its own it changes with every unit; the daily look covers that unless the date itself is nearer.
    if (result.fixed !== null && result.fixed.ms < evaluation.now + dayMs)
      evaluation.turnsOverAt(result.fixed.ms);
    return result.value;
  };
}

function compileDateFromNum(site: CallSite): Closure {
  const value = required(site, 0);
  return (evaluation) => {
    const fileTime = integerOf(value, evaluation);
    if (fileTime === null) return null;
    const ms = fromFileTime(fileTime);
    if (ms === null)
      throw new ExpressionError('out-of-range', `${value.label} is not an AD date`, value.column);
    return { kind: 'date', ms, isFromNow: false };
  };
}

function compileNumFromDate(site: CallSite): Closure {
  const value = required(site, 0);
  return (evaluation) => {
    const date = dateOf(value, evaluation);
    return date === null ? null : toFileTime(date.ms);
  };
}

function compileCDate(site: CallSite): Closure {
  const expression = required(site, 0);
  return (evaluation) => dateOf(expression, evaluation);
}

export const dateFunctions: readonly FunctionDefinition[] = [
  {
    name: 'CDate',
    family: 'date',
    parameters: [requiredParameter('expression')],
    summary: 'The date of a text, in UTC; prints as M/d/yyyy h:mm:ss tt.',
    compile: compileCDate,
  },
  {
    name: 'DateAdd',
    family: 'date',
    parameters: [requiredParameter('interval'), requiredParameter('value'), requiredParameter('dateTime')],
    summary: 'The date that many units later (earlier where value is negative). Intervals as with DateDiff.',
    compile: (site) => compileDateAdd(site, cloudSyncSpans),
  },
  {
    name: 'DateDiff',
    family: 'date',
    parameters: [requiredParameter('interval'), requiredParameter('date1'), requiredParameter('date2')],
    summary:
      'Difference in whole units, positive where date2 is later. Intervals: yyyy, m, d, ww, h, n (minute), s.',
    compile: compileDateDiff,
  },
  {
    name: 'DateFromNum',
    family: 'date',
    parameters: [requiredParameter('value')],
    summary:
      'The date of an AD number (100 ns since 1601). 9223372036854775807 means never and is later than every date.',
    compile: compileDateFromNum,
  },
  {
    name: 'FormatDateTime',
    family: 'date',
    parameters: [
      requiredParameter('source'),
      optionalParameter('dateTimeStyles'),
      requiredParameter('inputFormat'),
      requiredParameter('outputFormat'),
    ],
    summary:
      'A date in another form. Formats are custom or standard date formats of .NET in the invariant culture; dateTimeStyles are names of DateTimeStyles (leading and trailing blanks are allowed by default).',
    compile: compileFormatDateTime,
  },
  {
    name: 'Now',
    family: 'date',
    parameters: [],
    summary: 'The present time in UTC. The object is looked at again when the outcome may have changed.',
    compile: () => (evaluation) => evaluation.callNow(),
  },
  {
    name: 'NumFromDate',
    family: 'date',
    parameters: [requiredParameter('value')],
    summary: 'The AD number (100 ns since 1601) of a date or an ISO 8601 text.',
    compile: compileNumFromDate,
  },
];
