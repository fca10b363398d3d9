import { findAttribute, type AttributeDefinition } from '../schema/schema.ts';

export interface ValueRange {
  readonly low: number;
  /** Undefined for `*`. */
  readonly high: number | undefined;
}

interface SelectedAttribute {
  readonly definition: AttributeDefinition;
  readonly range: ValueRange | undefined;
}

export interface AttributeSelection {
  /** `*` or an empty list: everything that is stored. */
  readonly isAll: boolean;
  readonly named: readonly SelectedAttribute[];
}

/** Names that the schema does not know are passed over, as AD does. */
export function selectAttributes(requested: readonly string[]): AttributeSelection {
  const named: SelectedAttribute[] = [];
  for (const name of requested) {
    const [base = '', ...options] = name.split(';');
    const definition = findAttribute(base);
    if (definition !== undefined) named.push({ definition, range: readRange(options) });
  }
  return { isAll: requested.length === 0 || requested.includes('*'), named };
}

function readRange(options: readonly string[]): ValueRange | undefined {
  for (const option of options) {
    const match = /^range=(\d+)-(\d+|\*)$/i.exec(option);
    if (match !== null)
      return { low: Number(match[1]), high: match[2] === '*' ? undefined : Number(match[2]) };
  }
  return undefined;
}
