import { dayNames, monthNames } from './calendar-names.ts';
import { datePieces } from './date-pieces.ts';

/** A date in a .NET format (invariant culture, UTC); null where the format is none. */
export function formatWith(format: string, ms: number): string | null {
  const pieces = datePieces(format);
  if (pieces === null) return null;
  const date = new Date(ms);
  return pieces
    .map((piece) => (piece.kind === 'literal' ? piece.text : formatField(piece.letter, piece.length, date)))
    .join('');
}

function formatField(letter: string, length: number, date: Date): string {
  const padded = (value: number): string => String(value).padStart(Math.min(length, 2), '0');
  const hours = date.getUTCHours();
  switch (letter) {
    case 'd':
      return length > 2 ? nameOf(dayNames, date.getUTCDay(), length) : padded(date.getUTCDate());
    case 'M':
      return length > 2 ? nameOf(monthNames, date.getUTCMonth(), length) : padded(date.getUTCMonth() + 1);
    case 'y': {
      const year = date.getUTCFullYear();
      return length <= 2 ? padded(year % 100) : String(year).padStart(length, '0');
    }
    case 'h':
      return padded(hours % 12 === 0 ? 12 : hours % 12);
    case 'H':
      return padded(hours);
    case 'm':
      return padded(date.getUTCMinutes());
    case 's':
      return padded(date.getUTCSeconds());
    case 't':
      return (hours < 12 ? 'AM' : 'PM').slice(0, length);
    case 'f':
    case 'F': {
      const fraction = `${String(date.getUTCMilliseconds()).padStart(3, '0')}0000`.slice(0, length);
      return letter === 'f' ? fraction : fraction.replace(/0+$/, '');
    }
    case 'g':
      return 'A.D.';
    case 'z':
      return length === 1 ? '+0' : length === 2 ? '+00' : '+00:00';
    default:
      return 'Z';
  }
}

function nameOf(names: readonly string[], index: number, length: number): string {
  const name = names[index] ?? '';
  return length === 3 ? name.slice(0, 3) : name;
}
