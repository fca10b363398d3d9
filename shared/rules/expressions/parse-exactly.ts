import { addCalendar } from './calendar.ts';
import { dayNames, monthNames } from './calendar-names.ts';
import { datePieces } from './date-pieces.ts';

export interface ParseStyles {
  readonly leadingWhite: boolean;
  readonly trailingWhite: boolean;
  readonly innerWhite: boolean;
}

interface Parts {
  year: number | null;
  month: number | null;
  day: number | null;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  isAfternoon: boolean | null;
  /** Minutes east of UTC; null where the text names no offset. */
  offset: number | null;
}

/**
 * Epoch ms of a text in exactly that .NET format; null where the text has another form, undefined where the format is none.
 * Without an offset the time is UTC; what the format leaves out of the date is taken from `today`.
 */
export function parseExactly(
  text: string,
  format: string,
  styles: ParseStyles,
  today: number,
): number | null | undefined {
  const pieces = datePieces(format);
  if (pieces === null) return undefined;
  let rest = styles.leadingWhite ? text.trimStart() : text;
  if (styles.trailingWhite) rest = rest.trimEnd();
  const parts: Parts = {
    year: null,
    month: null,
    day: null,
    hour: 0,
    minute: 0,
    second: 0,
    ms: 0,
    isAfternoon: null,
    offset: null,
  };
  for (const piece of pieces) {
    if (styles.innerWhite) rest = rest.trimStart();
    const taken =
      piece.kind === 'literal'
        ? takeLiteral(rest, styles.innerWhite ? piece.text.trim() : piece.text)
        : takeField(rest, piece.letter, piece.length, parts);
    if (taken === null) return null;
    rest = rest.slice(taken);
  }
  return rest === '' ? toMs(parts, today) : null;
}

function takeLiteral(rest: string, literal: string): number | null {
  return rest.startsWith(literal) ? literal.length : null;
}

/** Reads one field into `parts`; the number of characters it took, or null. */
function takeField(rest: string, letter: string, length: number, parts: Parts): number | null {
  const number = (pattern: RegExp, set: (value: number) => void): number | null => {
    const found = pattern.exec(rest);
    if (found === null) return null;
    set(Number(found[0]));
    return found[0].length;
  };
  const digits = length === 1 ? /^\d{1,2}/ : /^\d{2}/;
  switch (letter) {
    case 'y':
      return takeYear(rest, length, parts);
    case 'M':
      if (length > 2) return takeName(rest, monthNames, length, (index) => (parts.month = index + 1));
      return number(digits, (value) => (parts.month = value));
    case 'd':
      if (length > 2) return takeName(rest, dayNames, length, () => undefined);
      return number(digits, (value) => (parts.day = value));
    case 'h':
    case 'H':
      return number(digits, (value) => (parts.hour = letter === 'h' && value > 12 ? 99 : value));
    case 'm':
      return number(digits, (value) => (parts.minute = value));
    case 's':
      return number(digits, (value) => (parts.second = value));
    case 'f':
    case 'F':
      return takeFraction(rest, letter, length, parts);
    case 't': {
      const found = (length === 1 ? /^[ap]/i : /^[ap]m/i).exec(rest);
      if (found === null) return null;
      parts.isAfternoon = found[0].toLowerCase().startsWith('p');
      return found[0].length;
    }
    case 'g':
      return takeLiteral(rest, 'A.D.');
    default:
      return takeOffset(rest, letter, length, parts);
  }
}

function takeYear(rest: string, length: number, parts: Parts): number | null {
  const found = (length === 1 ? /^\d{1,2}/ : new RegExp(`^\\d{${length}}`)).exec(rest);
  if (found === null) return null;
  const value = Number(found[0]);
  // .NET's two-digit years end in 2049.
  parts.year = length > 2 ? value : value + (value < 50 ? 2000 : 1900);
  return found[0].length;
}

function takeName(
  rest: string,
  names: readonly string[],
  length: number,
  set: (index: number) => void,
): number | null {
  const index = names.findIndex((name) =>
    rest.toLowerCase().startsWith((length === 3 ? name.slice(0, 3) : name).toLowerCase()),
  );
  const name = names[index];
  if (name === undefined) return null;
  set(index);
  return length === 3 ? 3 : name.length;
}

function takeFraction(rest: string, letter: string, length: number, parts: Parts): number | null {
  const found = (letter === 'f' ? new RegExp(`^\\d{${length}}`) : new RegExp(`^\\d{0,${length}}`)).exec(rest);
  if (found === null) return null;
  parts.ms = Number(found[0].padEnd(3, '0').slice(0, 3));
  return found[0].length;
}

function takeOffset(rest: string, letter: string, length: number, parts: Parts): number | null {
  if (letter === 'K' && !/^[Z+-]/.test(rest)) return 0;
  if ((letter === 'K' || length === 3) && rest.startsWith('Z')) {
    parts.offset = 0;
    return 1;
  }
  const isFull = letter === 'K' || length === 3;
  const found = (
    isFull ? /^([+-])(\d{2}):?(\d{2})/ : length === 2 ? /^([+-])(\d{2})/ : /^([+-])(\d{1,2})/
  ).exec(rest);
  if (found === null) return null;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? '0');
  if (minutes > 14 * 60) return null;
  parts.offset = found[1] === '-' ? -minutes : minutes;
  return found[0].length;
}

function toMs(parts: Parts, today: number): number | null {
  const now = new Date(today);
  const isDated = parts.year !== null || parts.month !== null || parts.day !== null;
  const year = parts.year ?? now.getUTCFullYear();
  const month = parts.month ?? (isDated ? 1 : now.getUTCMonth() + 1);
  const day = parts.day ?? (isDated ? 1 : now.getUTCDate());
  const hour = hourOf(parts);
  if (hour === null || year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return null;
  if (parts.minute > 59 || parts.second > 59) return null;
  const start = addCalendar(Date.UTC(2000, 0, 1), { years: year - 2000, months: month - 1 });
  if (new Date(start + (day - 1) * 86_400_000).getUTCMonth() !== month - 1) return null;
  const time = ((hour * 60 + parts.minute) * 60 + parts.second) * 1_000 + parts.ms;
  return start + (day - 1) * 86_400_000 + time - (parts.offset ?? 0) * 60_000;
}

function hourOf({ hour, isAfternoon }: Parts): number | null {
  if (isAfternoon === null) return hour < 24 ? hour : null;
  if (hour > 12) return hour < 24 && isAfternoon ? hour : null;
  return (hour % 12) + (isAfternoon ? 12 : 0);
}
