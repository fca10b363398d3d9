import type { ComparisonOperator } from './ast.ts';
import { dayMs, type Evaluation } from './evaluation.ts';
import { ExpressionError } from './expression-error.ts';
import { dateOf, required, textOf, type Argument, type CallSite } from './function-definition.ts';
import { neverMs, type DateValue } from './runtime-value.ts';

export type Interval = 'yyyy' | 'm' | 'd' | 'ww' | 'h' | 'n' | 's';

/** Units of fixed length; weeks are counted by their Sundays, months and years by the calendar. */
const unitMs: Readonly<Partial<Record<Interval, number>>> = {
  d: dayMs,
  h: 3_600_000,
  n: 60_000,
  s: 1_000,
};
const intervals: readonly Interval[] = ['yyyy', 'm', 'd', 'ww', 'h', 'n', 's'];

export interface Difference {
  readonly interval: Interval;
  readonly value: number;
  /** The side that moves with time and the one that stands; both null unless exactly one was made from Now(). */
  readonly fromNow: DateValue | null;
  readonly fixed: DateValue | null;
  /** Recomputes the value as if Now() were `ms`. */
  readonly at: (ms: number) => number;
}

/** DateDiff without its bookkeeping about time, which differs between a number of its own and a side of a comparison. */
export function dateDifference(site: CallSite): (evaluation: Evaluation) => Difference | null {
  const interval = required(site, 0);
  const first = required(site, 1);
  const second = required(site, 2);
  return (evaluation) => {
    const unit = intervalOf(interval, evaluation);
    const from = dateOf(first, evaluation);
    const to = dateOf(second, evaluation);
    if (from === null || to === null) return null;
    const isOneMoving = from.isFromNow !== to.isFromNow;
    const shifted = (date: DateValue, now: number): number =>
      date.isFromNow ? date.ms - evaluation.now + now : date.ms;
    return {
      interval: unit,
      value: countUnits(unit, from.ms, to.ms),
      fromNow: isOneMoving ? (from.isFromNow ? from : to) : null,
      fixed: isOneMoving ? (from.isFromNow ? to : from) : null,
      at: (ms) => countUnits(unit, shifted(from, ms), shifted(to, ms)),
    };
  };
}

function intervalOf(argument: Argument, evaluation: Evaluation): Interval {
  const name = textOf(argument, evaluation);
  const unit = intervals.find((one) => one === name);
  if (unit === undefined)
    throw new ExpressionError(
      'bad-argument',
      `${argument.label} is one of ${intervals.join(', ')}`,
      argument.column,
    );
  return unit;
}

/** As Visual Basic's DateDiff, whose results the reference shows: spans are cut to whole units, weeks counted from Sunday. */
function countUnits(unit: Interval, from: number, to: number): number {
  const length = unitMs[unit];
  if (length !== undefined) return wholeUnits(to - from, length);
  const [a, b] = [new Date(from), new Date(to)];
  const years = b.getUTCFullYear() - a.getUTCFullYear();
  if (unit === 'yyyy') return years;
  if (unit === 'm') return years * 12 + b.getUTCMonth() - a.getUTCMonth();
  return wholeUnits(to - b.getUTCDay() * dayMs - (from - a.getUTCDay() * dayMs), 7 * dayMs);
}

/** `+ 0` turns -0 into 0. */
function wholeUnits(ms: number, unit: number): number {
  return Math.trunc(ms / unit) + 0;
}

/**
 * Tells when `DateDiff(…, Now(), fixed) operator limit` turns over by itself: around `limit` units before the fixed date (or
 * behind it where Now() is the second date). Where it cannot be told (calendar units) the daily look stays.
 */
export function accountForComparison(
  difference: Difference,
  limit: number,
  isTrue: (value: number) => boolean,
  evaluation: Evaluation,
): void {
  const { fixed, fromNow } = difference;
  if (fixed === null || fromNow === null) return;
  if (fixed.ms >= neverMs) {
    evaluation.neverTurnsOver();
    return;
  }
  const unit = unitMs[difference.interval];
  if (unit === undefined) {
    if (fixed.ms < evaluation.now + dayMs) evaluation.turnsOverAt(fixed.ms);
    return;
  }
  const base = evaluation.now + fixed.ms - fromNow.ms;
  const present = isTrue(difference.value);
  const moments = [-limit - 1, -limit, -limit + 1, limit - 1, limit, limit + 1].flatMap((units) => {
    const ms = base + units * unit;
    // Seconds are turned over within a second of the date itself, which is the moment people expect to see.
    return difference.interval === 's' ? [ms] : [ms, ms + 1];
  });
  const next = moments.filter((ms) => ms > evaluation.now && isTrue(difference.at(ms)) !== present);
  if (next.length > 0) evaluation.turnsOverAt(Math.min(...next));
}

export function compareNumbers(
  operator: ComparisonOperator,
  left: number | bigint,
  right: number | bigint,
): boolean {
  switch (operator) {
    case '=':
      // A bigint and a number of the same size are equal by ==, never by ===.
      return !(left < right) && !(left > right);
    case '<>':
      return left < right || left > right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
