import { dateDifference } from '../date-difference.ts';
import { dayMs } from '../evaluation.ts';
import { fromFileTime, toFileTime } from '../dates.ts';
import { ExpressionError } from '../expression-error.ts';
import {
  dateOf,
  integerOf,
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

export const dateFunctions: readonly FunctionDefinition[] = [
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
