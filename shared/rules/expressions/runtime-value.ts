/**
 * A date, with whether it was made from Now(): a comparison between such a date and a fixed one turns over at a moment that
 * can be told beforehand.
 */
export interface DateValue {
  readonly kind: 'date';
  /** Epoch ms; `neverMs` for "never". */
  readonly ms: number;
  readonly isFromNow: boolean;
  /** Calendar months added to a date made from Now(): they are not all of one length. */
  readonly monthsFromNow?: number;
}

/** Bytes of a binary attribute; base64 where a string is wanted. */
export interface BytesValue {
  readonly kind: 'bytes';
  readonly base64: string;
}

/** A value that is there but whose content was not carried (the digest of a binary attribute). */
export interface OpaqueValue {
  readonly kind: 'opaque';
}

export type Scalar = string | number | bigint | boolean | DateValue | BytesValue | OpaqueValue;

/**
 * null: no value. A list has two values or more; one value is itself, none is null. While the connect dialect works on the
 * values of a list one by one, a place in it may be empty: IIF(InStr([proxyAddresses], "SIP:") = 1, NULL, [proxyAddresses]).
 */
export type RuntimeValue = Scalar | readonly (Scalar | null)[] | null;

/** Last moment .NET's DateTime can hold, what AD's "never" becomes as a date. */
export const neverMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export function isList(value: RuntimeValue): value is readonly (Scalar | null)[] {
  return Array.isArray(value);
}

/** Puts a list into its one form: none is null, one is itself. */
export function fromValues(values: readonly (Scalar | null)[]): RuntimeValue {
  const [first] = values;
  if (first === undefined) return null;
  return values.length === 1 ? first : values;
}

/** The values that are there. */
export function toValues(value: RuntimeValue): readonly Scalar[] {
  if (value === null) return [];
  return isList(value) ? value.filter((one) => one !== null) : [value];
}
