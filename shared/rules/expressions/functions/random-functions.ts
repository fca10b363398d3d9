import { ExpressionError } from '../expression-error.ts';
import type { Evaluation } from '../evaluation.ts';
import {
  indexOf,
  optionalParameter,
  required,
  requiredParameter,
  textOf,
  type Argument,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';

/** Windows' complexity rules name these special characters. */
const special = '~!@#$%^&*_-+=`|\\(){}[]:;"\'<>,.?/';
const classes = ['0123456789', special, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'] as const;
const lengthMax = 256;

function compileGuid(site: CallSite): Closure {
  return (evaluation) => {
    const bytes = Uint8Array.from(evaluation.random(16, site.column));
    // Version 4, variant 1 (RFC 9562).
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = Buffer.from(bytes).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
}

function compileRandomString(site: CallSite): Closure {
  const length = required(site, 0);
  const minimums = [1, 2, 3, 4].map((index) => required(site, index));
  const avoided = site.arguments[5];
  return (evaluation) => {
    const count = indexOf(length, evaluation, 0);
    if (count < 0 || count > lengthMax)
      throw new ExpressionError('out-of-range', `${length.label} is not between 0 and 256`, length.column);
    const avoid = avoided === undefined ? '' : (textOf(avoided, evaluation) ?? '');
    const sets = classes.map((set) => Array.from(set).filter((one) => !avoid.includes(one)));
    const needed = minimums.map((argument) => minimumOf(argument, evaluation));
    if (needed.reduce((sum, one) => sum + one, 0) > count)
      throw new ExpressionError(
        'out-of-range',
        `${length.label} is less than its minimums together`,
        length.column,
      );
    return draw(evaluation, count, needed, sets, site);
  };
}

function minimumOf(argument: Argument, evaluation: Evaluation): number {
  const minimum = indexOf(argument, evaluation, 0);
  if (minimum < 0)
    throw new ExpressionError('out-of-range', `${argument.label} is negative`, argument.column);
  return minimum;
}

/** First what must be there, then any of the kinds asked for, then shuffled, so that no place tells the kind. */
function draw(
  evaluation: Evaluation,
  count: number,
  needed: readonly number[],
  sets: readonly (readonly string[])[],
  site: CallSite,
): string {
  const characters: string[] = [];
  sets.forEach((set, index) => {
    for (let left = needed[index] ?? 0; left > 0; left -= 1) characters.push(pick(evaluation, set, site));
  });
  const asked = sets.filter((_, index) => (needed[index] ?? 0) > 0).flat();
  const anyOf = asked.length > 0 ? asked : sets.filter((_, index) => classes[index] !== special).flat();
  while (characters.length < count) characters.push(pick(evaluation, anyOf, site));
  for (let at = characters.length - 1; at > 0; at -= 1) {
    const other = below(evaluation, at + 1, site.column);
    [characters[at], characters[other]] = [characters[other] ?? '', characters[at] ?? ''];
  }
  return characters.join('');
}

function pick(evaluation: Evaluation, set: readonly string[], site: CallSite): string {
  const found = set[below(evaluation, set.length, site.column)];
  if (found === undefined)
    throw new ExpressionError(
      'bad-argument',
      'CharactersToAvoid of RandomString leaves no character',
      site.column,
    );
  return found;
}

/** Evenly distributed: bytes beyond the last whole multiple are drawn again. */
function below(evaluation: Evaluation, limit: number, column: number): number {
  if (limit < 2) return 0;
  const most = 256 - (256 % limit);
  for (;;) {
    const byte = evaluation.random(1, column)[0] ?? 0;
    if (byte < most) return byte % limit;
  }
}

export const randomFunctions: readonly FunctionDefinition[] = [
  {
    name: 'Guid',
    family: 'random',
    parameters: [],
    summary: 'A new random GUID.',
    compile: compileGuid,
  },
  {
    name: 'RandomString',
    family: 'random',
    parameters: [
      requiredParameter('Length'),
      requiredParameter('MinimumNumbers'),
      requiredParameter('MinimumSpecialCharacters'),
      requiredParameter('MinimumCapital'),
      requiredParameter('MinimumLowerCase'),
      optionalParameter('CharactersToAvoid'),
    ],
    summary:
      'A random text of up to 256 characters with at least so many of each kind; the rest is drawn from the kinds whose minimum is not 0 (letters and digits where all are 0).',
    compile: compileRandomString,
  },
];
