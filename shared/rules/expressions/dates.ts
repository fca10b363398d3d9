import { neverMs } from './runtime-value.ts';

/** FILETIME (100 ns since 1601) of the Unix epoch. */
const unixEpoch = 116_444_736_000_000_000n;
/** What AD stores for "never": the largest signed 64-bit integer. */
const neverFileTime = 9_223_372_036_854_775_807n;

/** Epoch ms of an AD date; anything past year 9999 is "never". Null for what is no date. */
export function fromFileTime(value: bigint): number | null {
  if (value < 0n || value > neverFileTime) return null;
  const ms = Number((value - unixEpoch) / 10_000n);
  return Math.min(ms, neverMs);
}

export function toFileTime(ms: number): bigint {
  return ms >= neverMs ? neverFileTime : BigInt(Math.trunc(ms)) * 10_000n + unixEpoch;
}

/** `M/d/yyyy h:mm:ss tt` in UTC, the form in which Microsoft's reference prints dates. */
export function formatDate(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = date.getUTCHours();
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${String(date.getUTCFullYear()).padStart(4, '0')}`;
  const time = `${hours % 12 === 0 ? 12 : hours % 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day} ${time} ${hours < 12 ? 'AM' : 'PM'}`;
}

const isoForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s?(Z|[+-]\d{2}:?\d{2})?$/;
const americanForm = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ([AaPp])[Mm])?)?$/;
/** As people write it: 2013-01-10 4:00 PM -8. */
const looseForm =
  /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ([AaPp])[Mm])?(?: ?([+-]\d{1,2}(?::?\d{2})?))?$/;
/** GeneralizedTime as AD writes it: whenCreated, whenChanged. */
const generalizedForm = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?Z$/;

/**
 * Epoch ms of a date text; null for what is none. Without an offset it is UTC; a date without a time is its midnight.
 * Takes ISO 8601, `M/d/yyyy h:mm:ss tt` and LDAP's GeneralizedTime.
 */
export function parseDate(text: string): number | null {
  if (text.length > 40) return null;
  const iso = isoForm.exec(text);
  if (iso) return shift(utc(iso.slice(1, 8)), iso[8]);
  const generalized = generalizedForm.exec(text);
  if (generalized) return utc(generalized.slice(1, 8));
  const loose = looseForm.exec(text);
  if (loose) {
    const [, year, month, day, hour, minute, second, half, offset] = loose;
    const hours = toTwentyFour(hour, half);
    return hours === null ? null : shift(utc([year, month, day, hours, minute, second]), offset);
  }
  const american = americanForm.exec(text);
  if (!american) return null;
  const [, month, day, year, hour, minute, second, half] = american;
  const hours = toTwentyFour(hour, half);
  return hours === null ? null : utc([year, month, day, hours, minute, second]);
}

function toTwentyFour(hour: string | undefined, half: string | undefined): string | null {
  if (hour === undefined || half === undefined) return hour ?? '0';
  const twelve = Number(hour);
  if (twelve < 1 || twelve > 12) return null;
  return String((twelve % 12) + (half.toLowerCase() === 'p' ? 12 : 0));
}

/** Date.UTC rolls 31 February over into March; such a date is refused here. */
function utc(parts: readonly (string | undefined)[]): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    Number(part ?? '0'),
  );
  if (hour > 23 || minute > 59 || second > 59 || year < 1) return null;
  const ms = Number((parts[6] ?? '0').padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}

function shift(ms: number | null, offset: string | undefined): number | null {
  if (ms === null || offset === undefined || offset === 'Z') return ms;
  const [hours = '', minutes = '0'] =
    offset.length > 3 ? [offset.slice(1, 3), offset.slice(-2)] : [offset.slice(1)];
  const total = Number(hours) * 60 + Number(minutes);
  return ms - (offset.startsWith('-') ? -total : total) * 60_000;
}
