import type { Expression } from './ast.ts';
import { ExpressionError } from './expression-error.ts';
import { tokenize, type Token } from './tokenize.ts';

/** Microsoft's reference limits an expression to 10,000 characters; the depth keeps recursion bounded. */
export const maxCharacters = 10_000;
export const maxDepth = 50;

/** Binding powers of binary operators; comparisons do not chain. */
const comparisonPower = 10;

/**
 * Pratt parser of the cloud-sync dialect: function calls, [attributes], "text", numbers, comparisons, empty arguments.
 * @throws ExpressionError
 */
export function parseExpression(text: string): Expression {
  if (text.length > maxCharacters)
    throw new ExpressionError(
      'too-long',
      `an expression has at most ${maxCharacters} characters, this one has ${text.length}`,
      maxCharacters + 1,
    );
  const cursor = new Cursor(tokenize(text));
  if (cursor.peek.kind === 'end') throw new ExpressionError('syntax', 'the expression is empty', 1);
  const expression = parseOperand(cursor, 0, 1);
  const rest = cursor.peek;
  if (rest.kind !== 'end') throw unexpectedToken(rest, 'the end of the expression');
  return expression;
}

class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
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
    if (token.kind !== kind) throw unexpectedToken(token, kind);
  }
}

function parseOperand(cursor: Cursor, power: number, depth: number): Expression {
  if (depth > maxDepth)
    throw new ExpressionError('nesting', `expressions nest at most ${maxDepth} deep`, cursor.peek.column);
  let left = parsePrefix(cursor, depth);
  for (let isChained = false; ; isChained = true) {
    const token = cursor.peek;
    if (token.kind !== 'operator' || comparisonPower <= power) return left;
    if (isChained)
      throw new ExpressionError('syntax', 'comparisons cannot be chained', token.column, 'Nest IIF instead.');
    cursor.take();
    const right = parseOperand(cursor, comparisonPower, depth + 1);
    left = { kind: 'binary', operator: token.value, left, right, column: token.column };
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
      throw unexpectedToken(token, 'a value');
  }
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
    if (separator.kind !== ',') throw unexpectedToken(separator, `, or ) in the arguments of ${name}`);
  }
}

function unexpectedToken(token: Token, expected: string): ExpressionError {
  const hint =
    token.kind === 'name' && /^(and|or|not)$/i.test(token.value)
      ? 'This dialect has no AND and OR; nest IIF instead.'
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
    case 'name':
    case 'operator':
      return token.value;
    default:
      return token.kind;
  }
}
