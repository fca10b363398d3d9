import { addCalendar } from '../calendar.ts';
import { dayMs } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import { dateOf, integerOf, required, textOf, type CallSite, type Closure } from '../function-definition.ts';
import { neverMs, type DateValue } from '../runtime-value.ts';

/** Length of one unit: calendar months, or milliseconds. */
interface Span {
  readonly months?: number;
  readonly ms?: number;
}

export type Spans = Readonly<Record<string, Span>>;

const firstMs = -62_135_596_800_000;

/** Intervals of the cloud-sync dialect. */
export const cloudSyncSpans: Spans = {
  yyyy: { months: 12 },
  m: { months: 1 },
  d: { ms: dayMs },
  ww: { ms: 7 * dayMs },
  h: { ms: 3_600_000 },
  n: { ms: 60_000 },
  s: { ms: 1_000 },
};

/** The connect dialect has Visual Basic's others as well; day of the year and weekday add days there. */
export const connectSpans: Spans = {
  ...cloudSyncSpans,
  q: { months: 3 },
  y: { ms: dayMs },
  w: { ms: dayMs },
};

/** DateAdd(interval, value, dateTime): the date that many units later. */
export function compileDateAdd(site: CallSite, spans: Spans): Closure {
  const interval = required(site, 0);
  const value = required(site, 1);
  const dateTime = required(site, 2);
  return (evaluation) => {
    const name = textOf(interval, evaluation) ?? '';
    const span = Object.hasOwn(spans, name) ? spans[name] : undefined;
    if (span === undefined)
      throw new ExpressionError(
        'bad-argument',
        `${interval.label} is one of ${Object.keys(spans).join(', ')}`,
        interval.column,
      );
    const count = integerOf(value, evaluation);
    const date = dateOf(dateTime, evaluation);
    if (count === null || date === null) return null;
    const months = Number(count) * (span.months ?? 0);
    const ms = Number(count) * (span.ms ?? 0);
    const isNear = Math.abs(months) < 12 * 10_000 && Math.abs(ms) < neverMs - firstMs;
    const sum = isNear ? addCalendar(date.ms, { months }) + ms : Number.NaN;
    // .NET's dates lie between the years 1 and 9999.
    if (!(sum >= firstMs && sum <= neverMs))
      throw new ExpressionError(
        'out-of-range',
        `${value.label} leads to no date that there is`,
        value.column,
      );
    const moved: DateValue = { kind: 'date', ms: sum, isFromNow: date.isFromNow };
    return date.isFromNow ? { ...moved, monthsFromNow: (date.monthsFromNow ?? 0) + months } : moved;
  };
}
