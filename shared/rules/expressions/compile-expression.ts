import { walk, type Expression } from './ast.ts';
import { compareValues } from './compare.ts';
import type { CompiledExpression, EvaluationInput, EvaluationResult } from './compiled-expression.ts';
import { accountForComparison, compareNumbers, dateDifference } from './date-difference.ts';
import { Evaluation, FlowIgnored } from './evaluation.ts';
import { ExpressionError, type ExpressionErrorCode } from './expression-error.ts';
import {
  signatureOf,
  type Argument,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from './function-definition.ts';
import { constantNames, functionTable } from './function-table.ts';
import { parseExpression } from './parse.ts';
import { printExpression } from './print.ts';
import { suggest } from './suggest.ts';
import { toNumber } from './coercions.ts';

export interface ExpressionFault {
  readonly code: ExpressionErrorCode;
  readonly message: string;
  /** From 1, in the text of the expression. */
  readonly column: number;
  readonly hint: string | undefined;
}

export type ExpressionCompileResult =
  | { readonly ok: true; readonly expression: CompiledExpression }
  | { readonly ok: false; readonly fault: ExpressionFault };

/**
 * Parses, checks and turns an expression of the cloud-sync dialect into closures. `canonicalName` gives the one spelling of an
 * attribute, since directories ignore the case of attribute names.
 */
export function compileExpression(
  text: string,
  canonicalName: (attribute: string) => string = (name) => name,
): ExpressionCompileResult {
  try {
    const tree = renameAttributes(parseExpression(text), canonicalName);
    checkOutermost(tree);
    const closure = compileNode(tree);
    const expression: CompiledExpression = {
      text: printExpression(tree),
      attributes: namesIn(tree, 'attribute'),
      functions: namesIn(tree, 'call'),
      evaluate: (input) => evaluate(closure, input),
    };
    return { ok: true, expression };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { code, message, column, hint } = error;
    return { ok: false, fault: { code, message, column, hint } };
  }
}

function evaluate(closure: Closure, input: EvaluationInput): EvaluationResult {
  const evaluation = new Evaluation(input);
  try {
    const value = closure(evaluation);
    const { reviewAt, isRedacted } = evaluation;
    return { ok: true, value, reviewAt, isFlowIgnored: false, isRedacted };
  } catch (error) {
    if (error instanceof FlowIgnored)
      return { ok: true, value: null, reviewAt: evaluation.reviewAt, isFlowIgnored: true, isRedacted: false };
    if (!(error instanceof ExpressionError)) throw error;
    return { ok: false, code: error.code, message: error.message, column: error.column };
  }
}

function renameAttributes(node: Expression, canonicalName: (attribute: string) => string): Expression {
  switch (node.kind) {
    case 'attribute':
      return { ...node, name: canonicalName(node.name) };
    case 'call':
      return {
        ...node,
        arguments: node.arguments.map((argument) => renameAttributes(argument, canonicalName)),
      };
    case 'binary':
      return {
        ...node,
        left: renameAttributes(node.left, canonicalName),
        right: renameAttributes(node.right, canonicalName),
      };
    default:
      return node;
  }
}

function namesIn(tree: Expression, kind: 'attribute' | 'call'): readonly string[] {
  const names = new Set<string>();
  walk(tree, (node) => {
    if (node.kind === kind) names.add(node.name);
    return true;
  });
  return [...names];
}

/** Documented: SelectUniqueValue must be at the top and cannot be nested. */
function checkOutermost(tree: Expression): void {
  walk(tree, (node) => {
    if (node.kind === 'call' && node.name === 'SelectUniqueValue' && node !== tree)
      throw new ExpressionError(
        'nesting',
        'SelectUniqueValue must be the outermost function',
        node.column,
        'Put the other functions inside its arguments.',
      );
    return true;
  });
}

function compileNode(node: Expression): Closure {
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
    case 'constant':
      return compileConstant(node.name, node.column);
    case 'call':
      return compileCall(node);
    case 'binary':
      return compileComparison(node);
    case 'empty':
      throw new ExpressionError('syntax', 'a value is missing', node.column);
  }
}

function compileConstant(name: string, column: number): Closure {
  if (constantNames.includes(name)) return () => name;
  const call = functionTable.get(name);
  throw new ExpressionError(
    'syntax',
    `${name} is neither an attribute, a text nor a function call`,
    column,
    call === undefined
      ? `Write [${name}] for the attribute or "${name}" for the text.`
      : `Write ${signatureOf(call)}.`,
  );
}

function compileCall(node: Expression & { readonly kind: 'call' }): Closure {
  const definition = functionTable.get(node.name);
  if (definition === undefined) throw unknownFunction(node.name, node.column);
  const run = definition.compile(siteOf(node, definition));
  return (evaluation) => {
    evaluation.charge(0, node.column);
    return run(evaluation);
  };
}

function unknownFunction(name: string, column: number): ExpressionError {
  const meant = suggest(name, [...functionTable.keys()]);
  const definition = meant === null ? undefined : functionTable.get(meant);
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
function siteOf(node: Expression & { readonly kind: 'call' }, definition: FunctionDefinition): CallSite {
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
  const site = node.arguments.map((argument, index): Argument | undefined => {
    const parameter = parameters[Math.min(index, parameters.length - 1)];
    const label = `${parameter?.name ?? 'argument'} of ${definition.name}`;
    if (argument.kind !== 'empty')
      return { run: compileNode(argument), node: argument, column: argument.column, label };
    if (parameter?.use === 'optional') return undefined;
    throw new ExpressionError(
      'bad-argument',
      `${label} is left empty: ${signatureOf(definition)}`,
      argument.column,
    );
  });
  return { column: node.column, arguments: site };
}

function describeArity(needed: number, most: number, isRepeating: boolean): string {
  const plural = (count: number): string => `${count} argument${count === 1 ? '' : 's'}`;
  if (isRepeating) return `at least ${plural(needed)}`;
  return needed === most ? (most === 0 ? 'no arguments' : plural(most)) : `${needed} to ${plural(most)}`;
}

function compileComparison(node: Expression & { readonly kind: 'binary' }): Closure {
  const { operator, left, right, column } = node;
  const timed = compileTimedComparison(node);
  if (timed !== null) return timed;
  const a = compileNode(left);
  const b = compileNode(right);
  return (evaluation) => {
    evaluation.charge(0, column);
    return compareValues(operator, a(evaluation), b(evaluation), evaluation, column);
  };
}

/** `DateDiff(…) > 5`: both sides are needed to tell when the outcome turns over. Null for any other comparison. */
function compileTimedComparison(node: Expression & { readonly kind: 'binary' }): Closure | null {
  const { operator, left, right, column } = node;
  const isLeft = isDateDiff(left);
  const call = isLeft ? left : right;
  if (!isDateDiff(call) || (isLeft && isDateDiff(right))) return null;
  const definition = functionTable.get(call.name);
  if (definition === undefined) return null;
  const difference = dateDifference(siteOf(call, definition));
  const other = compileNode(isLeft ? right : left);
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

function isDateDiff(node: Expression): node is Expression & { readonly kind: 'call' } {
  return node.kind === 'call' && node.name === 'DateDiff';
}
