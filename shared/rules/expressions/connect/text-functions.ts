import type { Evaluation } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import {
  indexOf,
  integerOf,
  optionalParameter,
  required,
  requiredParameter,
  textOf,
  type Argument,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';
import { replaceChars } from './replace-chars.ts';

/** A function of one text; nothing counts as an empty text. */
function mapText(
  name: string,
  summary: string,
  change: (text: string) => string | number,
): FunctionDefinition {
  return {
    name,
    family: 'text',
    parameters: [requiredParameter('value')],
    summary,
    isPerValue: true,
    compile: (site) => {
      const value = required(site, 0);
      return (evaluation) => change(textOf(value, evaluation) ?? '');
    },
  };
}

function compileMid(site: CallSite): Closure {
  const source = required(site, 0);
  const start = required(site, 1);
  const count = site.arguments[2];
  return (evaluation) => {
    const text = textOf(source, evaluation) ?? '';
    const from = indexOf(start, evaluation, 1);
    const characters = indexOf(count, evaluation, text.length);
    // Documented: what makes no sense gives the whole text.
    if (characters < 0 || from <= 0 || from > text.length) return text;
    return text.slice(from - 1, from - 1 + characters);
  };
}

function compileRight(site: CallSite): Closure {
  const source = required(site, 0);
  const count = required(site, 1);
  return (evaluation) => {
    const text = textOf(source, evaluation) ?? '';
    const characters = indexOf(count, evaluation, 0);
    if (characters < 0) return text;
    return characters === 0 ? '' : text.slice(-characters);
  };
}

function compilePad(
  site: CallSite,
  pad: (text: string, length: number, character: string) => string,
): Closure {
  const source = required(site, 0);
  const length = required(site, 1);
  const character = required(site, 2);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const wanted = indexOf(length, evaluation, 0);
    const filler = textOf(character, evaluation) ?? '';
    if (filler.length !== 1)
      throw new ExpressionError('bad-argument', `${character.label} is not one character`, character.column);
    if (text === null) return '';
    evaluation.charge(wanted, length.column);
    return pad(text, wanted, filler);
  };
}

function compileReplace(site: CallSite): Closure {
  const source = required(site, 0);
  const oldValue = required(site, 1);
  const newValue = required(site, 2);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const old = withMonikers(textOf(oldValue, evaluation) ?? '');
    const put = withMonikers(textOf(newValue, evaluation) ?? '');
    if (text === null || old === '') return text;
    const parts = text.split(old);
    evaluation.charge(text.length + (parts.length - 1) * put.length, site.column);
    return parts.join(put);
  };
}

/** Documented for Replace alone. */
function withMonikers(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\t', '\t');
}

function compileReplaceChars(site: CallSite): Closure {
  const source = required(site, 0);
  const pattern = required(site, 1);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const dictionary = textOf(pattern, evaluation) ?? '';
    if (text === null) return null;
    const replaced = replaceChars(text, dictionary);
    if (replaced === null)
      throw new ExpressionError(
        'bad-argument',
        `${pattern.label} is not of the form source:target,source:target with one character as source`,
        pattern.column,
      );
    evaluation.charge(replaced.length, site.column);
    return replaced;
  };
}

function compileInStrRev(site: CallSite): Closure {
  const haystack = required(site, 0);
  const needle = required(site, 1);
  const start = site.arguments[2];
  const compare = site.arguments[3];
  return (evaluation) => {
    const text = textOf(haystack, evaluation) ?? '';
    const part = textOf(needle, evaluation) ?? '';
    const from = indexOf(start, evaluation, text.length);
    if (from < 1 && start !== undefined)
      throw new ExpressionError('out-of-range', `${start.label} is less than 1`, start.column);
    const isText = compare !== undefined && isTextCompare(compare, evaluation);
    const searched = text.slice(0, from);
    return isText
      ? searched.toLowerCase().lastIndexOf(part.toLowerCase()) + 1
      : searched.lastIndexOf(part) + 1;
  };
}

function isTextCompare(argument: Argument, evaluation: Evaluation): boolean {
  const name = textOf(argument, evaluation);
  if (name === 'vbTextCompare' || name === '1') return true;
  if (name === 'vbBinaryCompare' || name === '0') return false;
  throw new ExpressionError(
    'bad-argument',
    `${argument.label} is vbTextCompare or vbBinaryCompare`,
    argument.column,
  );
}

/** Words between spaces; one that is all in upper case stays so, as documented. */
function properCase(text: string): string {
  return text
    .split(' ')
    .map((word) => {
      if (word.length > 1 && word === word.toUpperCase()) return word;
      const [first = ''] = word;
      return first.toUpperCase() + word.slice(first.length).toLowerCase();
    })
    .join(' ');
}

function compileRandomNum(site: CallSite): Closure {
  const start = required(site, 0);
  const end = required(site, 1);
  return (evaluation) => {
    const low = integerOf(start, evaluation);
    const high = integerOf(end, evaluation);
    if (low === null || high === null) return null;
    if (high < low) throw new ExpressionError('out-of-range', `${end.label} is less than start`, end.column);
    const bytes = Buffer.from(evaluation.random(8, site.column));
    const value = low + (bytes.readBigUInt64LE() % (high - low + 1n));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };
}

const text = requiredParameter('string');
const pad = [text, requiredParameter('length'), requiredParameter('padCharacter')];

export const connectTextFunctions: readonly FunctionDefinition[] = [
  {
    name: 'InStrRev',
    family: 'text',
    parameters: [
      requiredParameter('stringcheck'),
      requiredParameter('stringmatch'),
      optionalParameter('start'),
      optionalParameter('compare'),
    ],
    summary: 'Position (from 1) of the last stringmatch that ends at or before start; 0 where there is none.',
    isPerValue: true,
    compile: compileInStrRev,
  },
  mapText('LCase', 'The text in lower case.', (value) => value.toLowerCase()),
  mapText('Len', 'The number of characters.', (value) => value.length),
  mapText('LTrim', 'The text without white space before it.', (value) => value.trimStart()),
  {
    name: 'Mid',
    family: 'text',
    parameters: [text, requiredParameter('start'), optionalParameter('NumChars')],
    summary:
      'NumChars characters from start on (all that are left without it); the whole text where start is outside it or NumChars is negative.',
    isPerValue: true,
    compile: compileMid,
  },
  mapText(
    'PCase',
    'Words between spaces with a capital letter and small letters; a word all in capitals stays as it is.',
    properCase,
  ),
  {
    name: 'PadLeft',
    family: 'text',
    parameters: pad,
    summary: 'The text, filled up in front with padCharacter to length.',
    isPerValue: true,
    compile: (site) => compilePad(site, (value, length, character) => value.padStart(length, character)),
  },
  {
    name: 'PadRight',
    family: 'text',
    parameters: pad,
    summary: 'The text, filled up behind with padCharacter to length.',
    isPerValue: true,
    compile: (site) => compilePad(site, (value, length, character) => value.padEnd(length, character)),
  },
  {
    name: 'RandomNum',
    family: 'random',
    parameters: [requiredParameter('start'), requiredParameter('end')],
    summary: 'A random whole number from start to end.',
    compile: compileRandomNum,
  },
  {
    name: 'Replace',
    family: 'text',
    parameters: [text, requiredParameter('OldValue'), requiredParameter('NewValue')],
    summary: String.raw`Every OldValue replaced by NewValue; \n, \r and \t in them stand for new line, carriage return and tab.`,
    isPerValue: true,
    compile: compileReplace,
  },
  {
    name: 'ReplaceChars',
    family: 'text',
    parameters: [text, requiredParameter('ReplacePattern')],
    summary:
      'Every character that ReplacePattern names replaced: ö:oe,ß:ss. An empty target removes the character; blanks in the pattern do not count.',
    isPerValue: true,
    compile: compileReplaceChars,
  },
  {
    name: 'Right',
    family: 'text',
    parameters: [text, requiredParameter('NumChars')],
    summary: 'The last NumChars characters; all of them where NumChars is negative.',
    isPerValue: true,
    compile: compileRight,
  },
  mapText('RTrim', 'The text without white space behind it.', (value) => value.trimEnd()),
  mapText('Trim', 'The text without white space around it.', (value) => value.trim()),
  mapText('UCase', 'The text in upper case.', (value) => value.toUpperCase()),
];
