import { formatDate, parseDate } from './dates.ts';
import { isList, neverMs, type DateValue, type RuntimeValue } from './runtime-value.ts';

/** The value has no such form. `reason` completes "… " after the argument's name and never quotes the value. */
export interface NotCoercible {
  readonly reason: string;
}

export function isNotCoercible(value: unknown): value is NotCoercible {
  return typeof value === 'object' && value !== null && 'reason' in value;
}

const several: NotCoercible = {
  reason: 'has several values; take one with Item, or make one text of them with Join',
};
const opaque: NotCoercible = { reason: 'is binary and was carried as a digest only' };
const integerForm = /^[+-]?\d{1,20}$/;
const decimalForm = /^[+-]?(\d{1,20}(\.\d{1,20})?|\.\d{1,20})$/;

export function toText(value: RuntimeValue): string | null | NotCoercible {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isList(value)) return several;
  if (value.kind === 'date') return formatDate(value.ms);
  return value.kind === 'bytes' ? value.base64 : opaque;
}

/** Integers are exact over AD's 64 bits: decimal text goes through bigint, never through a double. */
export function toInteger(value: RuntimeValue): bigint | null | NotCoercible {
  if (value === null || value === '' || typeof value === 'bigint') return value === '' ? null : value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number')
    return Number.isInteger(value) ? BigInt(value) : { reason: 'is not a whole number' };
  if (typeof value === 'string')
    return integerForm.test(value.trim())
      ? BigInt(value.trim().replace('+', ''))
      : { reason: 'is not a whole number' };
  return isList(value) ? several : { reason: 'is not a whole number' };
}

/** For comparisons: null where the value is no number. */
export function toNumber(value: RuntimeValue): number | bigint | null {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value !== 'string' || !decimalForm.test(value.trim())) return null;
  const text = value.trim();
  return text.includes('.') ? Number(text) : BigInt(text.replace('+', ''));
}

/** Non-zero is true; "True" and "False" in any case (AD writes TRUE and FALSE); nothing is false. */
export function toBoolean(value: RuntimeValue): boolean | NotCoercible {
  if (value === null) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value !== 'string') return isList(value) ? several : { reason: 'is neither true nor false' };
  const text = value.trim().toLowerCase();
  if (text === 'true') return true;
  if (text === 'false' || text === '') return false;
  const number = toNumber(text);
  return number === null ? { reason: 'is neither true nor false' } : Number(number) !== 0;
}

export function toDate(value: RuntimeValue): DateValue | null | NotCoercible {
  if (value === null || value === '') return null;
  if (typeof value === 'string') {
    const ms = parseDate(value.trim());
    return ms === null
      ? { reason: 'is not a date' }
      : { kind: 'date', ms: Math.min(ms, neverMs), isFromNow: false };
  }
  if (typeof value !== 'object') return { reason: 'is a number; wrap it in DateFromNum' };
  if (isList(value)) return several;
  return value.kind === 'date' ? value : { reason: 'is not a date' };
}
