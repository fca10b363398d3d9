/**
 * Dates as the .NET host writes them. Newtonsoft trims trailing zeros of the fraction; a DateTime of unspecified kind carries no
 * zone at all, which is why `enqueuedTimeUtc` read by `new Date()` is local time (trap 5).
 */
const maxDate = Date.parse('9999-12-31T23:59:59.999Z');

function clock(date: Date, fraction: string): string {
  return `${date.toISOString().slice(0, 19)}${fraction}`;
}

function trimmedFraction(date: Date): string {
  const milliseconds = date.getUTCMilliseconds();
  return milliseconds === 0 ? '' : `.${String(milliseconds).padStart(3, '0').replace(/0+$/, '')}`;
}

/** JSON of a DateTime whose kind is unspecified: no zone. */
export function unspecifiedDate(date: Date): string {
  return date.getTime() >= maxDate ? '9999-12-31T23:59:59.9999999' : clock(date, trimmedFraction(date));
}

/** JSON of a DateTimeOffset in UTC. */
export function offsetDate(date: Date): string {
  return `${unspecifiedDate(date)}+00:00`;
}

/** JSON of a DateTime of kind UTC, as a date among application properties is. */
export function utcDate(date: Date): string {
  return `${unspecifiedDate(date)}Z`;
}

/** The round-trip format "o": always seven digits, used in log lines. */
export function roundTripDate(date: Date): string {
  if (date.getTime() >= maxDate) return '9999-12-31T23:59:59.9999999+00:00';
  return `${clock(date, `.${String(date.getUTCMilliseconds()).padStart(3, '0')}0000`)}+00:00`;
}

/** Convert.ToString(DateTime, InvariantCulture): what becomes of an ISO date among a body's top-level members. */
export function invariantDate(date: Date): string {
  const iso = date.toISOString();
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`;
}
