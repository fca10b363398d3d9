import { describe, expect, it } from 'vitest';
import { connectDialect } from '../../../shared/rules/expressions/connect-dialect.ts';
import { connectCases } from './support/connect-cases.ts';
import { evaluate, faultOf, now, valueOf } from './support/evaluate.ts';
import type { FunctionCase } from './support/function-case.ts';

const language: readonly FunctionCase[] = [
  ['%Domain.Netbios% & "\\\\" & [sAMAccountName]', 'FABRIKAM\\joe', { sAMAccountName: 'joe' }],
  ['%Nobody%', { error: 'bad-argument' }],
  ['2*(5+3)', 16],
  ['2+5*3', 21],
  ['10 - 2 - 3', 5],
  ['-5 + 2', -3],
  ['1.5 * 2', 3],
  ['"a" + "b"', { error: 'type' }],
  ['[a] + 1', null],
  ['9223372036854775807 + 1', { error: 'out-of-range' }],
  ['9223372036854775806 + 1', '9223372036854775807'],
  ['"a" & 1 & True & NULL', 'a1True'],
  ['"say ""yes"""', 'say "yes"'],
  ['"one" & CRLF & "two"', 'one\r\ntwo'],
  ['IgnoreThisFlow', { isFlowIgnored: true }],
  ['IIF(IsPresent([a]),[a],IgnoreThisFlow)', { isFlowIgnored: true }],
  ['[a] = "x" && [b] = "y"', true, { a: 'x', b: 'y' }],
  ['[a] = "x" || CNum("x") = 1', true, { a: 'x' }],
  ['[a] = "x" && CNum("x") = 1', false],
  ['IsPresent([a]) = False || [a] = "SUPPORT_388945a0" || Left([a], 14) = "SystemMailbox{"', true],
  ['(IsPresent([t]) && (BitAnd([t],&H21C07000) > 0))', true, { t: '4096' }],
  ['[n] > 5 = True', { error: 'syntax' }],
];

function tableOf(list: readonly FunctionCase[]) {
  return list.map(([expression, expected, attributes]) => ({
    expression,
    expected,
    attributes: attributes ?? {},
  }));
}

describe('connect dialect', () => {
  it('has cases for every function there is', () => {
    expect(Object.keys(connectCases).sort()).toEqual([...connectDialect.functions.keys()].sort());
  });

  for (const [name, table] of Object.entries(connectCases))
    it.each(tableOf(table))(
      `${name}: $expression over $attributes`,
      ({ expression, expected, attributes }) => {
        expect(valueOf(expression, attributes, 'connect')).toEqual(expected);
      },
    );

  it.each(tableOf(language.slice(0, -1)))(
    '$expression over $attributes',
    ({ expression, expected, attributes }) => {
      expect(valueOf(expression, attributes, 'connect')).toEqual(expected);
    },
  );

  it.each([
    ['[n] > 5 = True', 'syntax', 9, /chained/],
    ['$item', 'syntax', 1, /not defined/],
    ['Where([a], [b], True)', 'bad-argument', 7, /variable/],
    ['Select($i, $i, $i)', 'syntax', 12, /not defined/],
    ['Ucase([a])', 'unknown-function', 1, /no function/],
    ['ToLower([a])', 'unknown-function', 1, /no function/],
    ['Left([a])', 'arity', 1, /2 arguments/],
    ['Switch([a] = 1, 2, 3)', 'arity', 1, /pairs/],
    ['[a] / 2', 'syntax', 5, /unexpected/],
    ['[a] and [b]', 'syntax', 5, /expected the end/],
    [`${'1 & '.repeat(300)}1`, 'nesting', 803, /operators/],
  ])('%s: %s at %i', (text, code, column, message) => {
    const fault = faultOf(text, 'connect');
    expect(fault).toMatchObject({ code, column });
    expect(fault.message).toMatch(message);
  });

  it('has the message of a rule’s own Error', () => {
    expect(evaluate('Error("No " & [a])', { a: 'mail' }, now, 'connect')).toMatchObject({
      ok: false,
      code: 'custom',
      message: 'No mail',
    });
  });

  it('looks at an object again when a comparison with Now() turns over', () => {
    const later = 'DateAdd("m", 1, Now()) > CDate("2026-12-31")';
    expect(evaluate(later, {}, now, 'connect')).toMatchObject({
      value: false,
      reviewAt: Date.UTC(2026, 10, 30),
    });
  });
});
