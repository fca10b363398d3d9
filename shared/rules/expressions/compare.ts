import type { ComparisonOperator } from './ast.ts';
import { isNotCoercible, toBoolean, toDate, toNumber, toText, type NotCoercible } from './coercions.ts';
import type { Evaluation } from './evaluation.ts';
import { ExpressionError } from './expression-error.ts';
import { compareNumbers } from './date-difference.ts';
import type { DateValue, RuntimeValue } from './runtime-value.ts';

/**
 * Compares two values by the more specific type of the two: dates, then booleans, then numbers, else text (case-sensitive).
 * Nothing equals nothing only, and is neither smaller nor greater than anything.
 */
export function compareValues(
  operator: ComparisonOperator,
  left: RuntimeValue,
  right: RuntimeValue,
  evaluation: Evaluation,
  column: number,
): boolean {
  if (left === null || right === null) return ofEquality(operator, left === right);
  if (isDate(left) || isDate(right)) return compareAsDates(operator, left, right, evaluation, column);
  if (typeof left === 'boolean' || typeof right === 'boolean') {
    const [a, b] = [toBoolean(left), toBoolean(right)];
    return ofEquality(operator, !isNotCoercible(a) && a === b);
  }
  if (isNumeric(left) || isNumeric(right) || isOrder(operator)) {
    const [a, b] = [toNumber(left), toNumber(right)];
    if (a !== null && b !== null) return compareNumbers(operator, a, b);
    if (isNumeric(left) || isNumeric(right)) return ofEquality(operator, false);
  }
  return compareTexts(operator, textOrFail(left, column), textOrFail(right, column));
}

function compareAsDates(
  operator: ComparisonOperator,
  left: RuntimeValue,
  right: RuntimeValue,
  evaluation: Evaluation,
  column: number,
): boolean {
  const a = dateOrFail(left, column);
  const b = dateOrFail(right, column);
  if (a.isFromNow && !b.isFromNow) evaluation.compareDates(a, b);
  if (b.isFromNow && !a.isFromNow) evaluation.compareDates(b, a);
  return compareNumbers(operator, a.ms, b.ms);
}

function compareTexts(operator: ComparisonOperator, left: string, right: string): boolean {
  switch (operator) {
    case '=':
      return left === right;
    case '<>':
      return left !== right;
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

function ofEquality(operator: ComparisonOperator, areEqual: boolean): boolean {
  if (operator === '=') return areEqual;
  return operator === '<>' && !areEqual;
}

function isOrder(operator: ComparisonOperator): boolean {
  return operator !== '=' && operator !== '<>';
}

function isDate(value: RuntimeValue): value is DateValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'date';
}

function isNumeric(value: RuntimeValue): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

function textOrFail(value: RuntimeValue, column: number): string {
  return orFail(toText(value), column) ?? '';
}

function dateOrFail(value: RuntimeValue, column: number): DateValue {
  const date = orFail(toDate(value), column);
  if (date === null) throw new ExpressionError('type', 'one side of the comparison is not a date', column);
  return date;
}

function orFail<T>(value: T | NotCoercible, column: number): T {
  if (isNotCoercible(value))
    throw new ExpressionError('type', `one side of the comparison ${value.reason}`, column);
  return value;
}
