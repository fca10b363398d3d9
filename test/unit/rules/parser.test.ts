import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expression } from '../../../shared/rules/expressions/ast.ts';
import { compileExpression } from '../../../shared/rules/expressions/compile-expression.ts';
import { ExpressionError } from '../../../shared/rules/expressions/expression-error.ts';
import { functionTable } from '../../../shared/rules/expressions/function-table.ts';
import { parseExpression } from '../../../shared/rules/expressions/parse.ts';
import { printExpression } from '../../../shared/rules/expressions/print.ts';
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

const names = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,12}$/);
const at = { column: 0 };
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.string({ maxLength: 12 }).map((value): Expression => ({ kind: 'text', value, ...at })),
  fc.integer().map((value): Expression => ({ kind: 'number', value, notation: 'decimal', ...at })),
  fc
    .integer({ min: 0, max: 99_999 })
    .map((n): Expression => ({ kind: 'number', value: n / 16 + 0.5, notation: 'decimal', ...at })),
  fc.nat().map((value): Expression => ({ kind: 'number', value, notation: 'hex', ...at })),
  names.map((name): Expression => ({ kind: 'attribute', name, ...at })),
);
const trees = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc
      .tuple(
        names.map((name) => name.replaceAll('-', '')),
        fc.array(fc.oneof(tie('tree'), fc.constant<Expression>({ kind: 'empty', ...at })), { maxLength: 4 }),
      )
      // A single empty argument prints as none.
      .map(([name, list]): Expression => ({
        kind: 'call',
        name,
        arguments: list.length === 1 && list[0]?.kind === 'empty' ? [] : list,
        ...at,
      })),
    fc
      .tuple(fc.constantFrom('=', '<>', '<', '<=', '>', '>='), tie('tree'), tie('tree'))
      .map(([operator, left, right]): Expression => ({ kind: 'binary', operator, left, right, ...at })),
  ),
})).tree;

function withoutColumns(node: Expression): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) =>
      key === 'column' ? undefined : typeof value === 'bigint' ? String(value) : value,
    ),
  ) as unknown;
}

/** Pieces of the language in any order: nearer to the parser's edges than random characters. */
const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '(',
        ')',
        ',',
        '"',
        '[',
        ']',
        '&H',
        '=',
        '<>',
        '\\',
        ' ',
        '-',
        '.',
        'vbTextCompare',
        '[a]',
        '"x"',
        '12',
        'é',
      ),
      fc.constantFrom(...functionTable.keys()),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('properties', () => {
  it('printing and parsing again gives the same tree', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const text = printExpression(tree);
        if (text.length > 10_000) return;
        const again = parseExpression(text);
        expect(withoutColumns(again)).toEqual(withoutColumns(tree));
        expect(printExpression(again)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  it('no input makes it throw anything but its own error, with a column inside the text', () => {
    fc.assert(
      fc.property(fc.oneof(scraps, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
        try {
          parseExpression(text);
        } catch (error) {
          // Not expect: five thousand of them take seconds.
          if (!(error instanceof ExpressionError)) throw error;
          if (error.column < 1 || error.column > text.length + 1)
            throw new RangeError(`column ${error.column}`, { cause: error });
        }
      }),
      { numRuns: 2_000 },
    );
  }, 30_000);

  it('whatever compiles evaluates to a value or an error, over any attribute', () => {
    const calls = fc.letrec<{ call: string }>((tie) => ({
      call: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(
          '[a]',
          '[b]',
          '[c]',
          '"x"',
          '""',
          '7',
          '-1',
          '&HFF',
          '9223372036854775807',
          '"d"',
          '"2026-01-01"',
          'vbTextCompare',
        ),
        fc
          .tuple(
            fc.constantFrom(...functionTable.keys()),
            fc.array(fc.oneof(tie('call'), fc.constant('')), { maxLength: 7 }),
          )
          .map(([name, list]) => `${name}(${list.join(', ')})`),
      ),
    })).call;
    const attribute = fc.array(
      fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('0', '512', 'TRUE', '9223372036854775807')),
      { maxLength: 3 },
    );
    let evaluated = 0;
    fc.assert(
      fc.property(calls, attribute, attribute, (text, a, b) => {
        const compiled = compileExpression(text);
        if (!compiled.ok) return;
        evaluated += 1;
        const read = (name: string): string | readonly string[] | null => {
          const values = name === 'a' ? a : name === 'b' ? b : [];
          return values.length < 2 ? (values[0] ?? null) : values;
        };
        const result = compiled.expression.evaluate({
          read,
          now: 1_800_000_000_000,
          parameters: {},
          random: randomBytes,
        });
        if (result.ok && result.reviewAt !== null) expect(result.reviewAt).toBeGreaterThan(1_800_000_000_000);
      }),
      { numRuns: 2_000 },
    );
    expect(evaluated).toBeGreaterThan(200);
  }, 30_000);
});
