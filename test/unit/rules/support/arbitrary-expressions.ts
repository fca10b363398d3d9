import fc from 'fast-check';
import type { Expression, Operator } from '../../../../shared/rules/expressions/ast.ts';
import { connectDialect } from '../../../../shared/rules/expressions/connect-dialect.ts';
import { cloudSyncDialect } from '../../../../shared/rules/expressions/function-table.ts';
import type { Syntax } from '../../../../shared/rules/expressions/syntax.ts';

const at = { column: 0 };
const names = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,12}$/);
const words = names.map((name) => name.replaceAll('-', ''));

const comparisons = ['=', '<>', '<', '<=', '>', '>='] as const;
const operators: Readonly<Record<Syntax, readonly Operator[]>> = {
  'cloud-sync': comparisons,
  connect: [...comparisons, '&', '+', '-', '*', '&&', '||'],
};

/** Literals of the dialect: in Connect's a minus is an operator. */
function leaves(syntax: Syntax): fc.Arbitrary<Expression> {
  const isConnect = syntax === 'connect';
  const number = (value: number, notation: 'decimal' | 'hex'): Expression => ({
    ...{ kind: 'number', value, notation, ...at },
  });
  const shared = [
    fc.string({ maxLength: 12 }).map((value): Expression => ({ kind: 'text', value, ...at })),
    fc.integer({ min: isConnect ? 0 : -2_147_483_648 }).map((value) => number(value, 'decimal')),
    fc.integer({ min: 0, max: 99_999 }).map((n) => number(n / 16 + 0.5, 'decimal')),
    fc.nat().map((value) => number(value, 'hex')),
    names.map((name): Expression => ({ kind: 'attribute', name, ...at })),
  ];
  if (!isConnect) return fc.oneof(...shared);
  return fc.oneof(
    ...shared,
    words.map((name): Expression => ({ kind: 'parameter', name: name.replaceAll('_', ''), ...at })),
    words.map((name): Expression => ({ kind: 'variable', name, ...at })),
    fc.constantFrom('True', 'NULL', 'CRLF').map((name): Expression => ({ kind: 'constant', name, ...at })),
  );
}

/** Any tree that the grammar of a dialect can write, whatever its names mean. */
export function arbitraryTree(syntax: Syntax): fc.Arbitrary<Expression> {
  const empty = fc.constant<Expression>({ kind: 'empty', ...at });
  return fc.letrec<{ tree: Expression }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaves(syntax),
      fc
        .tuple(words, fc.array(fc.oneof(tie('tree'), empty), { maxLength: 4 }))
        // A single empty argument prints as none.
        .map(([name, list]): Expression => ({
          kind: 'call',
          name,
          arguments: list.length === 1 && list[0]?.kind === 'empty' ? [] : list,
          ...at,
        })),
      fc
        .tuple(fc.constantFrom(...operators[syntax]), tie('tree'), tie('tree'))
        .map(([operator, left, right]): Expression => ({ kind: 'binary', operator, left, right, ...at })),
    ),
  })).tree;
}

const functionsOf = (syntax: Syntax): readonly string[] => [
  ...(syntax === 'connect' ? connectDialect : cloudSyncDialect).functions.keys(),
];

const pieces = [
  ...[
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
    '+',
    '&',
    '&&',
    '||',
    '*',
    '%',
    '$',
  ],
  ...['vbTextCompare', '[a]', '"x"', '12', 'é', '%p%', '$v', 'NULL'],
];

/** Pieces of the language in any order: nearer to the parser's edges than random characters. */
export function arbitraryScraps(syntax: Syntax): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(...pieces),
    fc.constantFrom(...functionsOf(syntax)),
    fc.string({ maxLength: 3 }),
  );
  return fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
}

const values = ['[a]', '[b]', '[c]', '"x"', '""', '7', '&HFF', '9223372036854775807', '"d"', '"2026-01-01"'];
const ownValues: Readonly<Record<Syntax, readonly string[]>> = {
  'cloud-sync': ['-1', 'vbTextCompare'],
  connect: ['%p%', '$v', 'True', 'NULL', 'CRLF', 'IgnoreThisFlow', '"(x+)*"', '"CN=x,DC=y"'],
};

/** Calls of the dialect's own functions with any arguments: about half of them compile. */
export function arbitraryCall(syntax: Syntax): fc.Arbitrary<string> {
  return fc.letrec<{ call: string }>((tie) => ({
    call: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...values, ...ownValues[syntax]),
      fc
        .tuple(
          fc.constantFrom(...functionsOf(syntax)),
          fc.array(fc.oneof(tie('call'), fc.constant('')), { maxLength: 7 }),
        )
        .map(([name, list]) => `${name}(${list.join(', ')})`),
      fc
        .tuple(fc.constantFrom(...operators[syntax]), tie('call'), tie('call'))
        .map(([operator, left, right]) => `(${left} ${operator} ${right})`),
      ...(syntax === 'connect' ? [bindings(tie('call'))] : []),
    ),
  })).call;
}

/** With, Where and Select bind the variable that stands first. */
const bindings = (call: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('With', 'Where', 'Select'), call, call)
    .map(([name, first, second]) => `${name}($v, ${first}, ${second})`);
