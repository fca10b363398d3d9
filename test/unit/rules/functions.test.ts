import { describe, expect, it } from 'vitest';
import { functionTable } from '../../../shared/rules/expressions/function-table.ts';
import { evaluate, faultOf, valueOf } from './support/evaluate.ts';
import type { FunctionCase } from './support/function-case.ts';
import { moreCases } from './support/more-cases.ts';

/** Expected values are those of Microsoft's reference where it gives any; the rest are the choices docs/guides/rules.md names. */
const firstCases: Readonly<Record<string, readonly FunctionCase[]>> = {
  Append: [
    [
      'Append([userPrincipalName], ".test")',
      'John.Doe@contoso.com.test',
      { userPrincipalName: 'John.Doe@contoso.com' },
    ],
    ['Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))', 'JohDoe', { givenName: 'John', surname: 'Doe' }],
    ['Append([a], "@contoso.com")', null],
    ['Append("x", [a])', 'x'],
    ['Append([a], "x")', { error: 'type' }, { a: ['1', '2'] }],
  ],
  BitAnd: [
    ['BitAnd(&HF, &HF7)', 7],
    ['BitAnd([userAccountControl], 2)', 2, { userAccountControl: '514' }],
    ['BitAnd([userAccountControl], 2)', 0, { userAccountControl: '512' }],
    ['BitAnd([groupType], &H80000000)', 2147483648, { groupType: '-2147483646' }],
    ['BitAnd([groupType], &H80000000)', 0, { groupType: '2' }],
    ['BitAnd([a], 9223372036854775807)', '9223372036854775807', { a: '9223372036854775807' }],
    ['BitAnd([a], 1)', null],
    ['BitAnd([a], 1)', { error: 'type' }, { a: 'many' }],
    ['BitAnd([a], 1)', { error: 'out-of-range' }, { a: '99999999999999999999' }],
  ],
  CBool: [
    ['CBool([a] = [b])', true, { a: 'x', b: 'x' }],
    ['CBool([a] = [b])', false, { a: 'x', b: 'X' }],
    ['CBool(0)', false],
    ['CBool(2)', true],
    ['CBool("TRUE")', true],
    ['CBool("False")', false],
    ['CBool([a])', false],
    ['CBool([a])', true, { a: '9223372036854775807' }],
    ['CBool([a])', false, { a: '0' }],
    ['CBool("perhaps")', { error: 'type' }],
  ],
  CStr: [
    ['CStr(5)', '5'],
    ['CStr(1 = 1)', 'True'],
    ['CStr([dn])', 'cn=Joe,dc=contoso,dc=com', { dn: 'cn=Joe,dc=contoso,dc=com' }],
    ['CStr(9223372036854775807)', '9223372036854775807'],
    ['CStr([a])', null],
  ],
  Coalesce: [
    [
      'Coalesce([mail],[userPrincipalName])',
      'John.Doe@contoso.com',
      { userPrincipalName: 'John.Doe@contoso.com' },
    ],
    ['Coalesce([a], [b])', null],
    ['Coalesce([a], "")', ''],
    ['Coalesce([a], [b], "z")', 'z'],
  ],
  Count: [
    ['Count([a])', 3, { a: ['x', 'y', 'z'] }],
    ['Count([a])', 1, { a: 'x' }],
    ['Count([a])', 0],
  ],
  DateDiff: [
    ['DateDiff("d", "2021-08-18+08:00", "2021-08-31+08:00")', 13],
    ['DateDiff("d", "8/25/2021 5:41:18 PM", "2012-03-16-07:00")', -3449],
    ['DateDiff("ww", "8/25/2021 5:41:18 PM", "2012-03-16-07:00")', -493],
    ['DateDiff("m", "8/25/2021 5:41:18 PM", "2012-03-16-07:00")', -113],
    ['DateDiff("yyyy", "8/25/2021 5:41:18 PM", "2012-03-16-07:00")', -9],
    ['DateDiff("d", "2021-08-31+08:00", "2021-08-31+08:00")', 0],
    ['DateDiff("h", "2021-08-24", "2021-08-25")', 24],
    ['DateDiff("n", "2021-08-24", "2021-08-25")', 1440],
    ['DateDiff("s", "2021-08-24", "2021-08-25")', 86400],
    ['DateDiff("d", [a], Now())', null],
    ['DateDiff("q", Now(), Now())', { error: 'bad-argument' }],
    ['DateDiff("d", "2021-02-30", Now())', { error: 'type' }],
    ['DateDiff("d", 5, Now())', { error: 'type' }],
  ],
  DateFromNum: [
    ['DateFromNum(129699324000000000)', '2012-01-01T23:00:00.000Z'],
    ['DateFromNum([a])', '2012-01-01T23:00:00.000Z', { a: '129699324000000000' }],
    ['DateFromNum(9223372036854775807)', '9999-12-31T23:59:59.999Z'],
    ['DateFromNum(0)', '1601-01-01T00:00:00.000Z'],
    ['DateFromNum([a])', null],
    ['DateFromNum(-5)', { error: 'out-of-range' }],
    ['CStr(DateFromNum(129699324000000000))', '1/1/2012 11:00:00 PM'],
  ],
  IIF: [
    ['IIF([country]="USA",[country],[department])', 'USA', { country: 'USA', department: 'Sales' }],
    ['IIF([country]="USA",[country],[department])', 'Sales', { country: 'usa', department: 'Sales' }],
    [
      'IIF([country]="USA",IIF([state]="CA","True","False"),"False")',
      'True',
      { country: 'USA', state: 'CA' },
    ],
    // The documented limitation: a condition fails where an attribute in it is empty.
    ['IIF(IsNullOrEmpty([country]),"Other",[country])', null],
    ['IIF(IsPresent([country]),[country],"Other")', 'Other'],
    ['IIF(Not(IsPresent([country])),"none","some")', 'some'],
    ['IIF(Coalesce([country], "x") = "x","none","some")', 'none'],
    ['IIF([a] > 5, "more", "less")', 'more', { a: '10' }],
    ['IIF([a] <> "5", "other", "five")', 'five', { a: '5' }],
    ['IIF([a] <= [b], "yes", "no")', 'yes', { a: '9', b: '10' }],
    ['IIF("x", 1, 2)', { error: 'type' }],
  ],
  InStr: [
    ['InStr("The quick brown fox","quick")', 5],
    ['InStr("repEated","e",3,vbBinaryCompare)', 7],
    ['InStr("repEated","e",3,vbTextCompare)', 4],
    ['InStr("abc","z")', 0],
    ['InStr([a],"z")', 0],
    ['InStr("abc","a",0)', { error: 'out-of-range' }],
  ],
  IsNull: [
    ['IsNull([a])', true],
    ['IsNull([a])', false, { a: 'x' }],
    ['IsNull("")', false],
  ],
  IsNullOrEmpty: [
    ['IsNullOrEmpty([a])', true],
    ['IsNullOrEmpty("")', true],
    ['IsNullOrEmpty([a])', false, { a: ['x', 'y'] }],
  ],
  IsPresent: [
    ['IsPresent([a])', false],
    ['IsPresent("")', false],
    ['IsPresent([a])', true, { a: 'x' }],
  ],
  IsString: [
    ['IsString("x")', true],
    ['IsString(5)', false],
    ['IsString([a])', false],
  ],
  Item: [
    ['Item([a], 1)', 'x', { a: ['x', 'y'] }],
    ['Item([a], 2)', 'y', { a: ['x', 'y'] }],
    ['Item([a], 0)', { error: 'out-of-range' }, { a: ['x', 'y'] }],
    ['Item([a], 3)', { error: 'out-of-range' }, { a: ['x', 'y'] }],
    ['Item([a], 1)', null],
  ],
  Join: [
    ['Join(", ", "", [surname], [givenName])', 'Doe, John', { givenName: 'John', surname: 'Doe' }],
    ['Join("-", [a], "z")', 'x-y-z', { a: ['x', 'y'] }],
    ['Join("", 1000, [a])', '1000x', { a: 'x' }],
    ['Join(",", [a])', ''],
  ],
  Left: [
    ['Left("John Doe", 3)', 'Joh'],
    ['Left("John", 0)', ''],
    ['Left("John", -1)', 'John'],
    ['Left([a], 3)', ''],
    ['Left("John", 99)', 'John'],
  ],
  Mid: [
    ['Mid("John Doe", 1, 3)', 'Joh'],
    ['Mid("John Doe", 6, 99)', 'Doe'],
    ['Mid("John", 9, 1)', ''],
    ['Mid("John", 0, 1)', { error: 'out-of-range' }],
    ['Mid("John", 1, -1)', { error: 'out-of-range' }],
  ],
  NormalizeDiacritics: [
    ['NormalizeDiacritics([givenName])', 'Zoe', { givenName: 'Zoë' }],
    ['NormalizeDiacritics("äÅæøœßłŁıİčř")', 'aAaeoeoesslLiIcr'],
    ['NormalizeDiacritics("ǟȭṻ")', 'aou'],
    ['NormalizeDiacritics("हिन्दी 한국")', 'हिन्दी 한국'],
  ],
  Not: [
    ['Not("True")', false],
    ['Not("False")', true],
    ['Not([a])', true],
    ['Not(1 = 1)', false],
    ['Not("anything")', true],
  ],
  Now: [
    ['CStr(Now())', '11/23/2026 12:00:00 PM'],
    ['Append(Now(), "")', '11/23/2026 12:00:00 PM'],
  ],
  NumFromDate: [
    ['CStr(NumFromDate("2012-01-01T23:00:00Z"))', '129699324000000000'],
    ['CStr(NumFromDate("2020-12-31 23:59:59-08:00"))', '132539615990000000'],
    ['CStr(NumFromDate(DateFromNum(9223372036854775807)))', '9223372036854775807'],
  ],
  RemoveDuplicates: [
    ['RemoveDuplicates([a])', ['x', 'y'], { a: ['x', 'y', 'x'] }],
    ['RemoveDuplicates([a])', 'x', { a: ['x', 'x'] }],
    ['RemoveDuplicates([a])', null],
  ],
  Replace: [
    ['Replace([mail], "@contoso.com", , ,"", ,)', 'john.doe', { mail: 'john.doe@contoso.com' }],
    [
      'Replace([t],"Product Developer", , , "Software Engineer", , )',
      'Software Engineer',
      { t: 'Product Developer' },
    ],
    ['Replace([u],"<username>", , , , , "<username>@contoso.com")', 'jsmith@contoso.com', { u: 'jsmith' }],
    ['Replace("aXbxc", "x", , , "-", , )', 'aXb-c'],
    ['Replace([a], "x", , , "-", , )', null],
    ['Replace("abc", "", , , "-", , )', 'abc'],
  ],
  Split: [
    [
      'Split([a], ",")',
      ['PermissionSetOne', 'PermissionSetTwo'],
      { a: 'PermissionSetOne, PermissionSetTwo' },
    ],
    ['Split("one", ",")', 'one'],
    ['Split([a], ",")', null],
    ['Split("one", "")', { error: 'bad-argument' }],
  ],
  StripSpaces: [
    ['StripSpaces(" a b  c ")', 'abc'],
    ['StripSpaces([a])', null],
  ],
  Switch: [
    [
      'Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")',
      'Australia/Brisbane',
      { state: 'QLD' },
    ],
    ['Switch([state], "Australia/Sydney", "QLD", "x")', 'Australia/Sydney', { state: 'qld' }],
    ['Switch([statusFlag], "Default Value", "true", "1", "", "0")', '0'],
    ['Switch([Active], , "1", "on")', null, { Active: '0' }],
    ['Switch([country],[country],"","Other")', 'Other'],
    ['Switch(IsPresent([m]),[m], IsPresent([s]),[s])', 'boss', { m: 'boss' }],
  ],
  ToLower: [
    ['ToLower("ÄB")', 'äb'],
    ['ToLower("I", "tr-TR")', 'ı'],
    ['ToLower("I", "no such culture")', { error: 'bad-argument' }],
  ],
  ToUpper: [
    ['ToUpper("äb")', 'ÄB'],
    ['ToUpper("i", "tr-TR")', 'İ'],
    ['ToUpper([a])', null],
  ],
};

const cases = {
  ...firstCases,
  ...moreCases,
  Replace: [...(firstCases['Replace'] ?? []), ...(moreCases['Replace'] ?? [])],
};

describe('functions', () => {
  it('has cases for every function there is', () => {
    expect(Object.keys(cases).sort()).toEqual([...functionTable.keys()].sort());
  });

  for (const [name, table] of Object.entries(cases))
    it.each(
      table.map(([expression, expected, attributes]) => ({
        expression,
        expected,
        attributes: attributes ?? {},
      })),
    )(`${name}: $expression over $attributes`, ({ expression, expected, attributes }) => {
      expect(valueOf(expression, attributes)).toEqual(expected);
    });

  it('names the form that Replace misses', () => {
    expect(faultOf('Replace([a], , "x", , , , "y")')).toMatchObject({ code: 'bad-argument', column: 1 });
    expect(faultOf('Replace([a], "x")')).toMatchObject({ code: 'bad-argument', column: 1 });
  });

  it('refuses to build more text than one evaluation may', () => {
    const grow = (inner: string): string => `Replace(${inner}, "a", , , "aaaaaaaaaaaaaaaa", , )`;
    const nested = Array.from({ length: 8 }).reduce<string>(grow, '"aaaaaaaa"');
    expect(evaluate(nested)).toMatchObject({ ok: false, code: 'too-long' });
    const [a, b] = ['a'.repeat(4_000), 'b'.repeat(4_000)];
    expect(evaluate('Replace([a], "a", , , [b], , )', { a, b })).toMatchObject({
      ok: false,
      code: 'too-long',
    });
  });
});

describe('comparisons', () => {
  const comparisons: readonly FunctionCase[] = [
    ['[a] = [b]', true],
    ['[a] = ""', false],
    ['[a] <> "x"', true],
    ['[a] < 5', false],
    ['[a] = 512', true, { a: '512' }],
    ['[a] = "TRUE"', true, { a: 'TRUE' }],
    ['IsPresent([a]) = "True"', true, { a: 'x' }],
    ['"10" > "9"', true],
    ['"b" > "a"', true],
    ['9223372036854775807 > 9223372036854775806', true],
    ['[a] = "x"', { error: 'type' }, { a: ['x', 'y'] }],
    ['DateFromNum(129699324000000000) < "2012-01-02"', true],
    ['(1 = 1) = (2 = 2)', true],
  ];

  it.each(
    comparisons.map(([expression, expected, attributes]) => ({
      expression,
      expected,
      attributes: attributes ?? {},
    })),
  )('$expression over $attributes is $expected', ({ expression, expected, attributes }) => {
    expect(valueOf(expression, attributes)).toEqual(expected);
  });
});
