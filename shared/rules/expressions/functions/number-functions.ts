import { ExpressionError } from '../expression-error.ts';
import {
  integerOf,
  required,
  requiredParameter,
  textOf,
  type Argument,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';

function compileBitAnd(site: CallSite): Closure {
  const first = required(site, 0);
  const second = required(site, 1);
  return (evaluation) => {
    const left = integerOf(first, evaluation);
    const right = integerOf(second, evaluation);
    if (left === null || right === null) return null;
    return within64Bits(first, left) & within64Bits(second, right);
  };
}

/** AD's flags are signed (groupType -2147483646), hexadecimal literals are not (&H80000000): two's complement of bigint suits both. */
function within64Bits(argument: Argument, value: bigint): bigint {
  if (value < -(2n ** 63n) || value >= 2n ** 64n)
    throw new ExpressionError('out-of-range', `${argument.label} has more than 64 bits`, argument.column);
  return value;
}

export const numberFunctions: readonly FunctionDefinition[] = [
  {
    name: 'BitAnd',
    family: 'number',
    parameters: [requiredParameter('value1'), requiredParameter('value2')],
    summary: 'The bits that are set in both numbers.',
    compile: compileBitAnd,
  },
  {
    name: 'CStr',
    family: 'text',
    parameters: [requiredParameter('value')],
    summary: 'The value as text: True and False, decimal digits, base64 for bytes.',
    compile: (site) => {
      const value = required(site, 0);
      return (evaluation) => textOf(value, evaluation);
    },
  },
];
