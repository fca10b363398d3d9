import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../shared/rules/expressions/parse.ts';
import { faultOf } from './support/evaluate.ts';

describe('errors', () => {
  it.each([
    ['', 'syntax', 1, /empty/],
    ['   ', 'syntax', 1, /empty/],
    ['Left([a], 3', 'syntax', 12, /found the end/],
    ['Left([a] 3)', 'syntax', 10, /found a number/],
    ['Append("a, [b])', 'syntax', 8, /no end/],
    ['Append([a, "b")', 'syntax', 8, /no end/],
    ['Append("a\\d", "b")', 'syntax', 10, /backslash/],
    ['[]', 'syntax', 1, /not an attribute name/],
    ['[a b]', 'syntax', 1, /not an attribute name/],
    ['[a] = [b] = [c]', 'syntax', 11, /chained/],
    ['[a] + [b]', 'syntax', 5, /unexpected \+/],
    ["'x'", 'syntax', 1, /unexpected '/],
    ['&HXY', 'syntax', 1, /hexadecimal/],
    ['mail', 'syntax', 1, /neither an attribute/],
    ['Left', 'syntax', 1, /neither an attribute/],
    ['[a] [b]', 'syntax', 5, /found \[b\]/],
    ['Append([a], tolower([b]))', 'unknown-function', 13, /no function tolower/],
    ['Append(SelectUniqueValue("a", "b"), "x")', 'nesting', 8, /outermost/],
    ['Replace([a], , "(?=x)", , "", , )', 'bad-argument', 16, /cannot|not a regular/],
    ['Append([a])', 'arity', 1, /Append\(source, suffix\)/],
    ['Now(1)', 'arity', 1, /no arguments/],
    ['Join(",")', 'arity', 1, /at least 2/],
    ['Switch([a], "", "k")', 'arity', 1, /at least 4|even number/],
    ['Switch([a], "", "k", "v", "x")', 'arity', 1, /even number/],
    ['Append(, "x")', 'bad-argument', 8, /source of Append/],
    ['InStr("a", "b", 1, vbOther)', 'syntax', 20, /vbOther/],
    [`${'Not('.repeat(60)}"a"${')'.repeat(60)}`, 'nesting', 201, /50/],
    [`"${'a'.repeat(10_000)}"`, 'too-long', 10_001, /10000/],
  ])('%s: %s at %i', (text, code, column, message) => {
    const fault = faultOf(text);
    expect(fault).toMatchObject({ code, column });
    expect(fault.message).toMatch(message);
  });

  it('suggests the function that was meant, with its signature', () => {
    expect(faultOf('Coalesc([a], "b")').hint).toContain('Coalesce(source, …)');
    expect(faultOf('normalizediacritics([a])').hint).toContain('NormalizeDiacritics(source)');
    expect(faultOf('Qwertz([a])').hint).toBeUndefined();
  });
});

describe('grammar', () => {
  it('reads escapes, numbers in both notations and empty arguments', () => {
    expect(parseExpression('F("a\\"b\\\\c", &Hff, -5, 1.5, , )')).toMatchObject({
      kind: 'call',
      arguments: [
        { kind: 'text', value: 'a"b\\c' },
        { kind: 'number', value: 255, notation: 'hex' },
        { kind: 'number', value: -5 },
        { kind: 'number', value: 1.5 },
        { kind: 'empty' },
        { kind: 'empty' },
      ],
    });
    expect(parseExpression('9223372036854775807')).toMatchObject({ value: 9223372036854775807n });
    expect(parseExpression('Now( )')).toMatchObject({ arguments: [] });
  });
});
