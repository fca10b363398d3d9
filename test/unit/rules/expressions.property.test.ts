import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expression } from '../../../shared/rules/expressions/ast.ts';
import { compileExpression } from '../../../shared/rules/expressions/compile-expression.ts';
import { ExpressionError } from '../../../shared/rules/expressions/expression-error.ts';
import { parseExpression } from '../../../shared/rules/expressions/parse.ts';
import { printExpression } from '../../../shared/rules/expressions/print.ts';
import { arbitraryCall, arbitraryScraps, arbitraryTree } from './support/arbitrary-expressions.ts';

/** More of them by hand: EXPRESSION_RUNS=1000000 npm test -- --project unit expressions.property */
const runs = Number(process.env['EXPRESSION_RUNS'] ?? 2_000);
const now = 1_800_000_000_000;
/** Work is bounded, so one evaluation takes milliseconds; a busy machine takes more. */
const hangMs = 5_000;

function withoutColumns(node: Expression): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) =>
      key === 'column' ? undefined : typeof value === 'bigint' ? String(value) : value,
    ),
  ) as unknown;
}

describe.each(['cloud-sync', 'connect'] as const)('expressions in the %s dialect', (syntax) => {
  it('printing and parsing again gives the same tree', () => {
    fc.assert(
      fc.property(arbitraryTree(syntax), (tree) => {
        const text = printExpression(tree);
        if (text.length > 10_000) return;
        const again = parseExpression(text, syntax);
        expect(withoutColumns(again)).toEqual(withoutColumns(tree));
        expect(printExpression(again)).toBe(text);
      }),
      { numRuns: runs / 2 },
    );
  });

  it('no input makes the parser throw anything but its own error, with a column inside the text', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryScraps(syntax), fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
        try {
          parseExpression(text, syntax);
        } catch (error) {
          // Not expect: so many of them take seconds.
          if (!(error instanceof ExpressionError)) throw error;
          if (error.column < 1 || error.column > text.length + 1)
            throw new RangeError(`column ${error.column}`, { cause: error });
        }
      }),
      { numRuns: runs },
    );
  });

  it('whatever compiles evaluates to a value or an error, over any attribute, soon', () => {
    const attribute = fc.array(
      fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('0', '512', 'TRUE', '9223372036854775807')),
      { maxLength: 3 },
    );
    let evaluated = 0;
    fc.assert(
      fc.property(arbitraryCall(syntax), attribute, attribute, (text, a, b) => {
        const compiled = compileExpression(text, { syntax });
        if (!compiled.ok) return;
        evaluated += 1;
        const read = (name: string): string | readonly string[] | null => {
          const values = name === 'a' ? a : name === 'b' ? b : [];
          return values.length < 2 ? (values[0] ?? null) : values;
        };
        const began = performance.now();
        const result = compiled.expression.evaluate({
          read,
          now,
          parameters: { p: 'contoso.com' },
          random: randomBytes,
        });
        if (performance.now() - began > hangMs) throw new Error(`hangs: ${text}`);
        if (result.ok && result.reviewAt !== null) expect(result.reviewAt).toBeGreaterThan(now);
      }),
      { numRuns: runs },
    );
    expect(evaluated).toBeGreaterThan(runs / 10);
  });
});
