import { isNotCoercible, toBoolean, toNumber, toText, type NotCoercible } from './coercions.ts';
import { compareValues } from './compare.ts';
import type { ComparisonOperator, Operator } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { ExpressionError } from './expression-error.ts';
import type { Closure } from './function-definition.ts';
import { perValue } from './per-value.ts';
import { isList, type RuntimeValue } from './runtime-value.ts';

/** A binary operator of the connect dialect; over lists it works value by value. */
export function compileConnectOperator(
  operator: Operator,
  left: Closure,
  right: Closure,
  column: number,
): Closure {
  if (operator === '&&' || operator === '||') return compileLogical(operator, left, right, column);
  return (evaluation) => {
    evaluation.charge(0, column);
    const values = [left(evaluation), right(evaluation)];
    return perValue(values, ([a = null, b = null]) => apply(operator, a, b, evaluation, column));
  };
}

/** The right side is looked at only where it decides. */
function compileLogical(operator: '&&' | '||', left: Closure, right: Closure, column: number): Closure {
  const decides = operator === '||';
  return (evaluation) => {
    evaluation.charge(0, column);
    const first = left(evaluation);
    if (!isList(first) && truth(first, operator, column) === decides) return decides;
    return perValue([first, right(evaluation)], ([a = null, b = null]) => {
      const isLeft = truth(a, operator, column);
      return isLeft === decides ? isLeft : truth(b, operator, column);
    });
  };
}

function truth(value: RuntimeValue, operator: string, column: number): boolean {
  return checked(toBoolean(value), operator, column);
}

function checked<T>(value: T | NotCoercible, operator: string, column: number): T {
  if (isNotCoercible(value))
    throw new ExpressionError('type', `one side of ${operator} ${value.reason}`, column);
  return value;
}

function apply(
  operator: Exclude<Operator, '&&' | '||'>,
  left: RuntimeValue,
  right: RuntimeValue,
  evaluation: Evaluation,
  column: number,
): RuntimeValue {
  switch (operator) {
    case '&': {
      // As in Visual Basic: nothing adds nothing.
      const text =
        (checked(toText(left), operator, column) ?? '') + (checked(toText(right), operator, column) ?? '');
      evaluation.charge(text.length, column);
      return text;
    }
    case '+':
    case '-':
    case '*':
      return compute(operator, left, right, column);
    default:
      return compareValues(operator satisfies ComparisonOperator, left, right, evaluation, column);
  }
}

function compute(
  operator: '+' | '-' | '*',
  left: RuntimeValue,
  right: RuntimeValue,
  column: number,
): RuntimeValue {
  if (left === null || right === null) return null;
  const a = toNumber(left);
  const b = toNumber(right);
  if (a === null || b === null)
    throw new ExpressionError(
      'type',
      `one side of ${operator} is not a number`,
      column,
      operator === '+' ? 'Texts are put together with &.' : undefined,
    );
  if (isWhole(a) && isWhole(b)) return narrow(computeWhole(operator, BigInt(a), BigInt(b)), column);
  const [x, y] = [Number(a), Number(b)];
  return operator === '+' ? x + y : operator === '-' ? x - y : x * y;
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

function computeWhole(operator: '+' | '-' | '*', a: bigint, b: bigint): bigint {
  return operator === '+' ? a + b : operator === '-' ? a - b : a * b;
}

/** AD's integers have 64 bits; a double where it is exact. */
function narrow(value: bigint, column: number): number | bigint {
  if (value > 9_223_372_036_854_775_807n || value < -9_223_372_036_854_775_808n)
    throw new ExpressionError('out-of-range', 'the result has more than 64 bits', column);
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}
