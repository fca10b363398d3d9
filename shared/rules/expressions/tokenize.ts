import type { Operator } from './ast.ts';
import type { Syntax } from './syntax.ts';
import { ExpressionError } from './expression-error.ts';

export type Token =
  | { readonly kind: 'text'; readonly value: string; readonly column: number }
  | {
      readonly kind: 'number';
      readonly value: number | bigint;
      readonly notation: 'decimal' | 'hex';
      readonly column: number;
    }
  | {
      readonly kind: 'attribute' | 'name' | 'parameter' | 'variable';
      readonly value: string;
      readonly column: number;
    }
  | { readonly kind: 'operator'; readonly value: Operator; readonly column: number }
  | { readonly kind: '(' | ')' | ',' | 'end'; readonly column: number };

interface Scanned {
  readonly token: Token;
  /** Offset behind it. */
  readonly next: number;
}

const blank = /\s*/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const decimal = /-?\d+(\.\d+)?/y;
/** In the connect dialect a minus is an operator. */
const unsigned = /\d+(\.\d+)?/y;
const hex = /&[Hh]([0-9A-Fa-f]*)/y;
const attribute = /\[([^[\]\r\n]*)\]/y;
const operator = /<=|>=|<>|[=<>]/y;
const connectOperator = /<=|>=|<>|&&|\|\||[=<>&+*-]/y;
const parameter = /%([A-Za-z][A-Za-z0-9_.]*)%/y;
const variable = /\$([A-Za-z_][A-Za-z0-9_]*)/y;
/** LDAP short names and option suffixes, and Entra's directory extensions. */
const attributeName = /^[A-Za-z][A-Za-z0-9_.;:-]*$/;

/** @throws ExpressionError with the column of what it cannot read. */
export function tokenize(text: string, syntax: Syntax): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  for (;;) {
    offset += match(blank, text, offset)?.[0].length ?? 0;
    if (offset >= text.length) break;
    const { token, next } = scan(text, offset, syntax);
    tokens.push(token);
    offset = next;
  }
  tokens.push({ kind: 'end', column: text.length + 1 });
  return tokens;
}

function match(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}

function scan(text: string, offset: number, syntax: Syntax): Scanned {
  const column = offset + 1;
  const first = text.charAt(offset);
  const isConnect = syntax === 'connect';
  if (first === '(' || first === ')' || first === ',')
    return { token: { kind: first, column }, next: offset + 1 };
  if (first === '"') return scanString(text, offset, syntax);
  if (first === '[') return scanAttribute(text, offset);
  if (first === '&' && (!isConnect || match(hex, text, offset) !== null)) return scanHex(text, offset);
  const number = match(isConnect ? unsigned : decimal, text, offset);
  if (number) return { token: decimalToken(number[0], column), next: offset + number[0].length };
  const word = match(name, text, offset);
  if (word) return { token: { kind: 'name', value: word[0], column }, next: offset + word[0].length };
  const symbol = match(isConnect ? connectOperator : operator, text, offset);
  if (symbol) {
    const value = symbol[0] as Operator;
    return { token: { kind: 'operator', value, column }, next: offset + value.length };
  }
  if (isConnect)
    for (const [kind, pattern] of [
      ['parameter', parameter],
      ['variable', variable],
    ] as const) {
      const found = match(pattern, text, offset);
      if (found) return { token: { kind, value: found[1] ?? '', column }, next: offset + found[0].length };
    }
  throw unexpected(first, column, syntax);
}

const connectHints: Readonly<Record<string, string>> = {
  "'": 'Text stands in double quotes: "text".',
  '%': 'A parameter is written %Name%.',
  '/': 'The connect dialect has +, - and * only.',
  '|': 'The logical or is ||.',
  $: 'A variable is written $name.',
  '“': 'Use straight double quotes.',
  '”': 'Use straight double quotes.',
};

function unexpected(character: string, column: number, syntax: Syntax): ExpressionError {
  const hints: Readonly<Record<string, string>> =
    syntax === 'connect'
      ? connectHints
      : {
          "'": 'Text stands in double quotes: "text".',
          '%': '%Parameters% belong to the connect dialect.',
          '+': 'Use Append or Join; + belongs to the connect dialect.',
          '|': 'Nest IIF instead; && and || belong to the connect dialect.',
          ']': 'An attribute is written [name].',
          '“': 'Use straight double quotes.',
          '”': 'Use straight double quotes.',
        };
  return new ExpressionError('syntax', `unexpected ${character}`, column, hints[character]);
}

function scanString(text: string, offset: number, syntax: Syntax): Scanned {
  let value = '';
  for (let at = offset + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === '"' && !(syntax === 'connect' && next === '"'))
      return { token: { kind: 'text', value, column: offset + 1 }, next: at + 1 };
    const isEscape = character === '\\' || character === '"';
    if (isEscape && (next === '"' || next === '\\')) at += 1;
    else if (isEscape && syntax === 'cloud-sync')
      throw new ExpressionError(
        'syntax',
        'a backslash in a string stands before " or another backslash',
        at + 1,
        'Write two backslashes for one.',
      );
    value += text.charAt(at);
  }
  throw new ExpressionError('syntax', 'this string has no end', offset + 1, 'Close it with a double quote.');
}

function scanAttribute(text: string, offset: number): Scanned {
  const column = offset + 1;
  const found = match(attribute, text, offset);
  if (!found) throw new ExpressionError('syntax', 'this attribute has no end', column, 'Close it with ].');
  const value = (found[1] ?? '').trim();
  if (!attributeName.test(value))
    throw new ExpressionError('syntax', `[${value}] is not an attribute name`, column);
  return { token: { kind: 'attribute', value, column }, next: offset + found[0].length };
}

function scanHex(text: string, offset: number): Scanned {
  const column = offset + 1;
  const found = match(hex, text, offset);
  const digits = found?.[1] ?? '';
  if (!found)
    throw new ExpressionError(
      'syntax',
      'unexpected &',
      column,
      'Hexadecimal numbers are written &H80; to put texts together use Append or Join: & belongs to the connect dialect.',
    );
  if (digits === '' || digits.length > 16)
    throw new ExpressionError('syntax', '&H takes 1 to 16 hexadecimal digits', column);
  const token: Token = { kind: 'number', value: narrow(BigInt(`0x${digits}`)), notation: 'hex', column };
  return { token, next: offset + found[0].length };
}

function decimalToken(text: string, column: number): Token {
  const isFraction = text.includes('.');
  // A fraction this short is exact to its last digit in a double, so that it prints as it was written.
  if (text.length > (isFraction ? 16 : 21))
    throw new ExpressionError('syntax', 'this number is too long', column);
  const value = isFraction ? Number(text) + 0 : narrow(BigInt(text));
  return { kind: 'number', value, notation: 'decimal', column };
}

/** Integers that a double holds exactly are numbers; AD's 64-bit ones stay exact as bigint. */
function narrow(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}
