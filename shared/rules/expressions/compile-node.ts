import type { Expression } from './ast.ts';
import { compareValues } from './compare.ts';
import { compileConnectOperator } from './connect-operators.ts';
import { accountForComparison, compareNumbers, dateDifference } from './date-difference.ts';
import type { Dialect } from './dialect.ts';
import { ExpressionError } from './expression-error.ts';
import {
  signatureOf,
  type Argument,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from './function-definition.ts';
import { compilePerValue } from './per-value.ts';
import { suggest } from './suggest.ts';
import { toNumber } from './coercions.ts';

type Call = Expression & { readonly kind: 'call' };
type Binary = Expression & { readonly kind: 'binary' };

/** Where a node stands: its dialect and the variables that are bound there. */
export interface Surroundings {
  readonly dialect: Dialect;
  readonly variables: readonly string[];
  /** Names of parameters; undefined where they are known only when it is evaluated. */
  readonly parameters: readonly string[] | undefined;
}

/**
 * Turns a tree into closures, checking names and numbers of arguments on the way.
 * @throws ExpressionError
 */
export function compileNode(node: Expression, around: Surroundings): Closure {
  switch (node.kind) {
    case 'text':
    case 'number': {
      const { value } = node;
      return () => value;
    }
    case 'attribute': {
      const { name } = node;
      return (evaluation) => evaluation.read(name);
    }
    case 'parameter':
      return compileParameter(node.name, node.column, around);
    case 'variable':
      return compileVariable(node.name, node.column, around);
    case 'constant':
      return compileConstant(node.name, node.column, around);
    case 'call':
      return compileCall(node, around);
    case 'binary':
      return compileBinary(node, around);
    case 'empty':
      throw new ExpressionError('syntax', 'a value is missing', node.column);
  }
}

function compileParameter(name: string, column: number, { parameters }: Surroundings): Closure {
  if (parameters?.includes(name) === false) {
    const meant = suggest(name, parameters);
    throw new ExpressionError(
      'bad-argument',
      `there is no parameter %${name}%`,
      column,
      meant === null ? 'Define it under "parameters" of the rule file.' : `Did you mean %${meant}%?`,
    );
  }
  return (evaluation) => {
    const value = evaluation.parameter(name);
    if (value === undefined)
      throw new ExpressionError('bad-argument', `there is no parameter %${name}%`, column);
    return value;
  };
}

function compileVariable(name: string, column: number, around: Surroundings): Closure {
  if (!around.variables.includes(name))
    throw new ExpressionError(
      'syntax',
      `the variable $${name} is not defined here`,
      column,
      'With, Where and Select define the variable that is their first argument.',
    );
  return (evaluation) => evaluation.variable(name);
}

function compileConstant(name: string, column: number, { dialect }: Surroundings): Closure {
  const constant = dialect.constants.get(name);
  if (constant !== undefined) return constant;
  const call = dialect.functions.get(name);
  const meant = suggest(name, [...dialect.constants.keys()]);
  throw new ExpressionError(
    'syntax',
    `${name} is neither an attribute, a text nor a function call`,
    column,
    call === undefined
      ? meant === null
        ? `Write [${name}] for the attribute or "${name}" for the text.`
        : `Did you mean ${meant}?`
      : `Write ${signatureOf(call)}.`,
  );
}

function compileCall(node: Call, around: Surroundings): Closure {
  const definition = around.dialect.functions.get(node.name);
  if (definition === undefined) throw unknownFunction(node.name, node.column, around.dialect);
  const site = siteOf(node, definition, around);
  const run =
    definition.isPerValue === true && around.dialect.syntax === 'connect'
      ? compilePerValue(site, definition.compile)
      : definition.compile(site);
  return (evaluation) => {
    evaluation.charge(0, node.column);
    return run(evaluation);
  };
}

function unknownFunction(name: string, column: number, { functions }: Dialect): ExpressionError {
  const meant = suggest(name, [...functions.keys()]);
  const definition = meant === null ? undefined : functions.get(meant);
  return new ExpressionError(
    'unknown-function',
    `there is no function ${name}`,
    column,
    definition === undefined
      ? undefined
      : `Did you mean ${signatureOf(definition)}? Names are case-sensitive.`,
  );
}

/** Checks the number of arguments and gives each its closure and name. */
function siteOf(node: Call, definition: FunctionDefinition, around: Surroundings): CallSite {
  const { parameters } = definition;
  const last = parameters.at(-1);
  const isRepeating = last?.use === 'repeating';
  const needed = parameters.findLastIndex((parameter) => parameter.use !== 'optional') + 1;
  const count = node.arguments.length;
  if (count < needed || (!isRepeating && count > parameters.length))
    throw new ExpressionError(
      'arity',
      `${definition.name} takes ${describeArity(needed, parameters.length, isRepeating)}, not ${count}: ${signatureOf(definition)}`,
      node.column,
    );
  const bound = definition.bindsIn === undefined ? null : boundVariable(node, definition);
  const site = node.arguments.map((argument, index): Argument | undefined => {
    const parameter = parameters[Math.min(index, parameters.length - 1)];
    const label = `${parameter?.name ?? 'argument'} of ${definition.name}`;
    const isVariable = bound !== null && index === 0;
    const variables =
      bound !== null && index === definition.bindsIn ? [...around.variables, bound] : around.variables;
    if (argument.kind !== 'empty')
      return {
        run: isVariable ? () => bound : compileNode(argument, { ...around, variables }),
        node: argument,
        column: argument.column,
        label,
      };
    if (parameter?.use === 'optional') return undefined;
    throw new ExpressionError(
      'bad-argument',
      `${label} is left empty: ${signatureOf(definition)}`,
      argument.column,
    );
  });
  return { column: node.column, arguments: site };
}

function boundVariable(node: Call, definition: FunctionDefinition): string {
  const [variable] = node.arguments;
  if (variable?.kind === 'variable') return variable.name;
  throw new ExpressionError(
    'bad-argument',
    `the first argument of ${definition.name} is a variable such as $item`,
    variable?.column ?? node.column,
  );
}

function describeArity(needed: number, most: number, isRepeating: boolean): string {
  const plural = (count: number): string => `${count} argument${count === 1 ? '' : 's'}`;
  if (isRepeating) return `at least ${plural(needed)}`;
  return needed === most ? (most === 0 ? 'no arguments' : plural(most)) : `${needed} to ${plural(most)}`;
}

function compileBinary(node: Binary, around: Surroundings): Closure {
  const { operator, left, right, column } = node;
  if (around.dialect.syntax === 'connect')
    return compileConnectOperator(operator, compileNode(left, around), compileNode(right, around), column);
  if (!isComparison(operator))
    throw new ExpressionError('syntax', `${operator} belongs to the connect dialect`, column);
  const timed = compileTimedComparison(node, around);
  if (timed !== null) return timed;
  const a = compileNode(left, around);
  const b = compileNode(right, around);
  return (evaluation) => {
    evaluation.charge(0, column);
    return compareValues(operator, a(evaluation), b(evaluation), evaluation, column);
  };
}

/** `DateDiff(…) > 5`: both sides are needed to tell when the outcome turns over. Null for any other comparison. */
function compileTimedComparison(node: Binary, around: Surroundings): Closure | null {
  const { operator, left, right, column } = node;
  const isLeft = isDateDiff(left);
  const call = isLeft ? left : right;
  if (!isDateDiff(call) || (isLeft && isDateDiff(right))) return null;
  const definition = around.dialect.functions.get(call.name);
  if (definition === undefined || !isComparison(operator)) return null;
  const difference = dateDifference(siteOf(call, definition, around));
  const other = compileNode(isLeft ? right : left, around);
  return (evaluation) => {
    evaluation.charge(0, column);
    const found = difference(evaluation);
    const limit = toNumber(other(evaluation));
    if (found === null || limit === null) return operator === '<>' && (found === null) !== (limit === null);
    const isTrue = (value: number): boolean =>
      isLeft ? compareNumbers(operator, value, limit) : compareNumbers(operator, limit, value);
    accountForComparison(found, Number(limit), isTrue, evaluation);
    return isTrue(found.value);
  };
}

function isComparison(operator: Binary['operator']): operator is Parameters<typeof compareNumbers>[0] {
  return ['=', '<>', '<', '<=', '>', '>='].includes(operator);
}

function isDateDiff(node: Expression): node is Call {
  return node.kind === 'call' && node.name === 'DateDiff';
}
