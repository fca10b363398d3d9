import { walk, type Expression } from './ast.ts';
import { compileNode } from './compile-node.ts';
import type { CompiledExpression, EvaluationInput, EvaluationResult } from './compiled-expression.ts';
import { connectDialect } from './connect-dialect.ts';
import type { Syntax } from './syntax.ts';
import { Evaluation, FlowIgnored } from './evaluation.ts';
import { ExpressionError, type ExpressionErrorCode } from './expression-error.ts';
import type { Closure } from './function-definition.ts';
import { cloudSyncDialect } from './function-table.ts';
import { parseExpression } from './parse.ts';
import { printExpression } from './print.ts';
import { fromValues, isList, toValues, type RuntimeValue } from './runtime-value.ts';

export interface ExpressionFault {
  readonly code: ExpressionErrorCode;
  readonly message: string;
  /** From 1, in the text of the expression. */
  readonly column: number;
  readonly hint: string | undefined;
}

export type ExpressionCompileResult =
  | { readonly ok: true; readonly expression: CompiledExpression; readonly tree: Expression }
  | { readonly ok: false; readonly fault: ExpressionFault };

export interface CompileOptions {
  /** Default: cloud-sync. */
  readonly syntax?: Syntax;
  /** The one spelling of an attribute, since directories ignore the case of attribute names. */
  readonly canonicalName?: (attribute: string) => string;
  /** Names that `%Name%` may have; where they are not given, an unknown one is noticed when it is evaluated. */
  readonly parameters?: readonly string[];
}

/** Parses, checks and turns an expression into closures. */
export function compileExpression(text: string, options: CompileOptions = {}): ExpressionCompileResult {
  const { syntax = 'cloud-sync', canonicalName = (name: string): string => name, parameters } = options;
  try {
    const tree = renameAttributes(parseExpression(text, syntax), canonicalName);
    checkOutermost(tree);
    const dialect = syntax === 'connect' ? connectDialect : cloudSyncDialect;
    const closure = compileNode(tree, { dialect, variables: [], parameters });
    const functions = namesIn(tree, 'call');
    const expression: CompiledExpression = {
      text: printExpression(tree),
      syntax,
      attributes: namesIn(tree, 'attribute'),
      functions,
      parameters: namesIn(tree, 'parameter'),
      isRandom: functions.some((name) => dialect.functions.get(name)?.family === 'random'),
      isUnique: functions.includes('SelectUniqueValue'),
      evaluate: tree.kind === 'attribute' ? readAlone(tree.name) : (input) => evaluate(closure, input),
    };
    return { ok: true, expression, tree };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { code, message, column, hint } = error;
    return { ok: false, fault: { code, message, column, hint } };
  }
}

/** Most flows take an attribute over: nothing can fail, and nothing has to be kept count of. */
function readAlone(name: string): (input: EvaluationInput) => EvaluationResult {
  return ({ read }) => ({
    ok: true,
    value: withoutGaps(read(name)),
    reviewAt: null,
    isFlowIgnored: false,
    isRedacted: false,
  });
}

/** Nearly always there is one value, and it is the value. */
const withoutGaps = (value: RuntimeValue): RuntimeValue =>
  isList(value) ? fromValues(toValues(value)) : value;

function evaluate(closure: Closure, input: EvaluationInput): EvaluationResult {
  const evaluation = new Evaluation(input);
  try {
    const value = withoutGaps(closure(evaluation));
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

function namesIn(tree: Expression, kind: 'attribute' | 'call' | 'parameter'): readonly string[] {
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
