import { addCalendar } from '../calendar.ts';
import { intervalOf, unitMs } from '../date-difference.ts';
import { ExpressionError } from '../expression-error.ts';
import { dateOf, integerOf, required, type CallSite, type Closure } from '../function-definition.ts';
import { neverMs, type DateValue } from '../runtime-value.ts';

const firstMs = -62_135_596_800_000;
const weekMs = 7 * 86_400_000;

/** DateAdd(interval, value, dateTime): the date that many units later. */
export function compileDateAdd(site: CallSite): Closure {
  const interval = required(site, 0);
  const value = required(site, 1);
  const dateTime = required(site, 2);
  return (evaluation) => {
    const unit = intervalOf(interval, evaluation);
    const count = integerOf(value, evaluation);
    const date = dateOf(dateTime, evaluation);
    if (count === null || date === null) return null;
    const units = Number(count);
    const months = unit === 'm' ? units : unit === 'yyyy' ? 12 * units : 0;
    const ms = months === 0 ? (unit === 'ww' ? weekMs : (unitMs[unit] ?? 0)) * units : 0;
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
