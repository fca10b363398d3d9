import type { Expression, Operator } from './ast.ts';
import type { Syntax } from './syntax.ts';
import { ExpressionError } from './expression-error.ts';
import { tokenize, type Token } from './tokenize.ts';

/** Microsoft's reference limits an expression to 10,000 characters; the depth keeps recursion bounded. */
export const maxCharacters = 10_000;
export const maxDepth = 50;
/** Operators in a row without brackets: the tree leans to the left, one level each. */
export const maxChain = 200;

/**
 * Arithmetic and & before comparisons, comparisons before && and ||. Within a level from left to right: Microsoft documents
 * that * is not evaluated before + and -.
 */
const powers: Readonly<Record<Operator, number>> = {
  '||': 5,
  '&&': 5,
  '=': 10,
  '<>': 10,
  '<': 10,
  '<=': 10,
  '>': 10,
  '>=': 10,
  '&': 15,
  '+': 15,
  '-': 15,
  '*': 15,
};
const comparisonPower = powers['='];

/**
 * Pratt parser of both dialects: function calls, [attributes], "text", numbers, operators, empty arguments; in the connect
 * dialect %parameters% and $variables as well.
 * @throws ExpressionError
 */
export function parseExpression(text: string, syntax: Syntax = 'cloud-sync'): Expression {
  if (text.length > maxCharacters)
    throw new ExpressionError(
      'too-long',
      `an expression has at most ${maxCharacters} characters, this one has ${text.length}`,
      maxCharacters + 1,
    );
  const cursor = new Cursor(tokenize(text, syntax), syntax);
  if (cursor.peek.kind === 'end') throw new ExpressionError('syntax', 'the expression is empty', 1);
  const expression = parseOperand(cursor, 0, 1);
  const rest = cursor.peek;
  if (rest.kind !== 'end') throw unexpectedToken(rest, 'the end of the expression', syntax);
  return expression;
}

class Cursor {
  readonly #tokens: readonly Token[];
  readonly syntax: Syntax;
  #at = 0;

  constructor(tokens: readonly Token[], syntax: Syntax) {
    this.#tokens = tokens;
    this.syntax = syntax;
  }

  get peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', column: 1 };
  }

  take(): Token {
    const token = this.peek;
    this.#at += 1;
    return token;
  }

  expect(kind: ')' | ','): void {
    const token = this.take();
    if (token.kind !== kind) throw unexpectedToken(token, kind, this.syntax);
  }
}

function parseOperand(cursor: Cursor, power: number, depth: number): Expression {
  if (depth > maxDepth)
    throw new ExpressionError('nesting', `expressions nest at most ${maxDepth} deep`, cursor.peek.column);
  let left = parsePrefix(cursor, depth);
  let isCompared = false;
  for (let count = 0; ; count += 1) {
    const token = cursor.peek;
    if (token.kind !== 'operator' || powers[token.value] <= power) return left;
    if (count >= maxChain)
      throw new ExpressionError('nesting', `at most ${maxChain} operators follow each other`, token.column);
    const isComparison = powers[token.value] === comparisonPower;
    if (isComparison && isCompared)
      throw new ExpressionError('syntax', 'comparisons cannot be chained', token.column, 'Nest IIF instead.');
    cursor.take();
    const right = parseOperand(cursor, powers[token.value], depth + 1);
    left = { kind: 'binary', operator: token.value, left, right, column: token.column };
    isCompared = isComparison;
  }
}

function parsePrefix(cursor: Cursor, depth: number): Expression {
  const token = cursor.take();
  switch (token.kind) {
    case 'text':
      return { kind: 'text', value: token.value, column: token.column };
    case 'number':
      return { kind: 'number', value: token.value, notation: token.notation, column: token.column };
    case 'attribute':
      return { kind: 'attribute', name: token.value, column: token.column };
    case 'parameter':
    case 'variable':
      return { kind: token.kind, name: token.value, column: token.column };
    case 'operator':
      return parseNegative(cursor, token, depth);
    case 'name':
      return cursor.peek.kind === '('
        ? parseCall(cursor, token.value, token.column, depth)
        : { kind: 'constant', name: token.value, column: token.column };
    case '(': {
      const inner = parseOperand(cursor, 0, depth + 1);
      cursor.expect(')');
      return inner;
    }
    default:
      throw unexpectedToken(token, 'a value', cursor.syntax);
  }
}

/** A minus before a number; numbers of the cloud-sync dialect carry theirs already. */
function parseNegative(cursor: Cursor, token: Token, depth: number): Expression {
  const next = cursor.peek;
  if (
    cursor.syntax === 'cloud-sync' ||
    token.kind !== 'operator' ||
    token.value !== '-' ||
    next.kind !== 'number'
  )
    throw unexpectedToken(token, 'a value', cursor.syntax);
  const number = parsePrefix(cursor, depth);
  return number.kind === 'number'
    ? { ...number, value: -number.value, notation: 'decimal', column: token.column }
    : number;
}

function parseCall(cursor: Cursor, name: string, column: number, depth: number): Expression {
  cursor.take();
  const list: Expression[] = [];
  if (cursor.peek.kind === ')') {
    cursor.take();
    return { kind: 'call', name, arguments: list, column };
  }
  for (;;) {
    const token = cursor.peek;
    const isEmpty = token.kind === ',' || token.kind === ')';
    list.push(isEmpty ? { kind: 'empty', column: token.column } : parseOperand(cursor, 0, depth + 1));
    const separator = cursor.take();
    if (separator.kind === ')') return { kind: 'call', name, arguments: list, column };
    if (separator.kind !== ',')
      throw unexpectedToken(separator, `, or ) in the arguments of ${name}`, cursor.syntax);
  }
}

function unexpectedToken(token: Token, expected: string, syntax: Syntax): ExpressionError {
  const hint =
    token.kind === 'name' && /^(and|or|not)$/i.test(token.value)
      ? syntax === 'connect'
        ? 'The logical operators are && and ||.'
        : 'This dialect has no AND and OR; nest IIF instead.'
      : undefined;
  return new ExpressionError('syntax', `expected ${expected}, found ${describe(token)}`, token.column, hint);
}

function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end';
    case 'text':
      return 'a string';
    case 'number':
      return 'a number';
    case 'attribute':
      return `[${token.value}]`;
    case 'parameter':
      return `%${token.value}%`;
    case 'variable':
      return `$${token.value}`;
    case 'name':
    case 'operator':
      return token.value;
    default:
      return token.kind;
  }
}
