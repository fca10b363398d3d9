import { ExpressionError } from '../expression-error.ts';
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
import { normalizeDiacritics } from '../normalize-diacritics.ts';
import { compileReplace } from './replace-function.ts';

/** A function of one text that leaves nothing as nothing. */
function mapText(site: CallSite, change: (text: string) => string): Closure {
  const source = required(site, 0);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    return text === null ? null : change(text);
  };
}

function compileAppend(site: CallSite): Closure {
  const source = required(site, 0);
  const suffix = required(site, 1);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    // Without a source there is nothing to append to: "@contoso.com" alone would be a wrong value, not a missing one.
    if (text === null) return null;
    return text + (textOf(suffix, evaluation) ?? '');
  };
}

function compileLeft(site: CallSite): Closure {
  const source = required(site, 0);
  const count = required(site, 1);
  return (evaluation) => {
    const text = textOf(source, evaluation) ?? '';
    const characters = indexOf(count, evaluation, 0);
    return characters < 0 ? text : text.slice(0, characters);
  };
}

function compileMid(site: CallSite): Closure {
  const source = required(site, 0);
  const start = required(site, 1);
  const length = required(site, 2);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const from = indexOf(start, evaluation, 1);
    const characters = indexOf(length, evaluation, 0);
    if (from < 1) throw outOfRange(start, 'is less than 1, the first character');
    if (characters < 0) throw outOfRange(length, 'is negative');
    return text === null ? null : text.slice(from - 1, from - 1 + characters);
  };
}

function outOfRange(argument: Argument, why: string): ExpressionError {
  return new ExpressionError('out-of-range', `${argument.label} ${why}`, argument.column);
}

const compareTypes = ['vbTextCompare', 'vbBinaryCompare'] as const;

function compileInStr(site: CallSite): Closure {
  const haystack = required(site, 0);
  const needle = required(site, 1);
  const start = site.arguments[2];
  const compareType = site.arguments[3];
  if (
    compareType?.node.kind === 'constant' &&
    !compareTypes.some((name) => name === constantName(compareType))
  )
    throw new ExpressionError(
      'bad-argument',
      `${compareType.label} is vbTextCompare or vbBinaryCompare`,
      compareType.column,
    );
  return (evaluation) => {
    const text = textOf(haystack, evaluation);
    const part = textOf(needle, evaluation);
    const from = indexOf(start, evaluation, 1);
    const isTextCompare = compareType !== undefined && isTextCompareOf(compareType, evaluation);
    if (from < 1 && start) throw outOfRange(start, 'is less than 1, the first character');
    if (text === null || part === null || from > text.length) return 0;
    return isTextCompare
      ? text.toLowerCase().indexOf(part.toLowerCase(), from - 1) + 1
      : text.indexOf(part, from - 1) + 1;
  };
}

function constantName(argument: Argument): string | null {
  return argument.node.kind === 'constant' ? argument.node.name : null;
}

function isTextCompareOf(argument: Argument, evaluation: Parameters<Closure>[0]): boolean {
  const name = textOf(argument, evaluation);
  // Visual Basic's own values of the two names.
  if (name === 'vbTextCompare' || name === '1') return true;
  if (name === 'vbBinaryCompare' || name === '0' || name === null) return false;
  throw new ExpressionError(
    'bad-argument',
    `${argument.label} is vbTextCompare or vbBinaryCompare`,
    argument.column,
  );
}

function compileCase(site: CallSite, change: (text: string, culture: string | undefined) => string): Closure {
  const source = required(site, 0);
  const culture = site.arguments[1];
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const name = culture === undefined ? null : textOf(culture, evaluation);
    if (culture !== undefined && name !== null && !isCulture(name))
      throw new ExpressionError(
        'bad-argument',
        `${culture.label} is not a culture such as tr-TR`,
        culture.column,
      );
    return text === null ? null : change(text, name === null || name === '' ? undefined : name);
  };
}

function isCulture(name: string): boolean {
  try {
    return name === '' || Intl.getCanonicalLocales(name).length === 1;
  } catch {
    return false;
  }
}

const source = requiredParameter('source');

export const textFunctions: readonly FunctionDefinition[] = [
  {
    name: 'Append',
    family: 'text',
    parameters: [source, requiredParameter('suffix')],
    summary: 'The source with the suffix behind it; nothing where the source is nothing.',
    compile: compileAppend,
  },
  {
    name: 'InStr',
    family: 'text',
    parameters: [
      requiredParameter('value1'),
      requiredParameter('value2'),
      optionalParameter('start'),
      optionalParameter('compareType'),
    ],
    summary:
      'Position (from 1) of the first value2 in value1, searched from start; 0 where there is none. compareType is vbBinaryCompare (default) or vbTextCompare.',
    compile: compileInStr,
  },
  {
    name: 'Left',
    family: 'text',
    parameters: [requiredParameter('String'), requiredParameter('NumChars')],
    summary:
      'The first NumChars characters; all of them where NumChars is negative; empty where String is nothing.',
    compile: compileLeft,
  },
  {
    name: 'Mid',
    family: 'text',
    parameters: [source, requiredParameter('start'), requiredParameter('length')],
    summary: 'Up to length characters from start on; the first character is 1.',
    compile: compileMid,
  },
  {
    name: 'NormalizeDiacritics',
    family: 'text',
    parameters: [source],
    summary: 'The source with accented letters replaced by plain ones (ä a, ß ss, ø oe).',
    compile: (site) => mapText(site, normalizeDiacritics),
  },
  {
    name: 'Replace',
    family: 'text',
    parameters: [
      source,
      optionalParameter('oldValue'),
      optionalParameter('regexPattern'),
      optionalParameter('regexGroupName'),
      optionalParameter('replacementValue'),
      optionalParameter('replacementAttributeName'),
      optionalParameter('template'),
    ],
    summary:
      'Every oldValue in the source replaced by replacementValue; with oldValue and template, every oldValue in the template replaced by the source; with regexPattern, every match replaced by replacementValue (in which $1 and ${name} stand for groups), or only its group regexGroupName; with replacementAttributeName, the source or else what the group finds in that attribute. Case-sensitive. Patterns cannot look ahead, behind or back.',
    compile: compileReplace,
  },
  {
    name: 'StripSpaces',
    family: 'text',
    parameters: [source],
    summary: 'The source without its space characters.',
    compile: (site) => mapText(site, (text) => text.replaceAll(' ', '')),
  },
  {
    name: 'ToLower',
    family: 'text',
    parameters: [source, optionalParameter('culture')],
    summary: 'The source in lower case, by the rules of a culture such as tr-TR where one is given.',
    compile: (site) =>
      compileCase(site, (text, culture) =>
        culture === undefined ? text.toLowerCase() : text.toLocaleLowerCase(culture),
      ),
  },
  {
    name: 'ToUpper',
    family: 'text',
    parameters: [source, optionalParameter('culture')],
    summary: 'The source in upper case, by the rules of a culture such as tr-TR where one is given.',
    compile: (site) =>
      compileCase(site, (text, culture) =>
        culture === undefined ? text.toUpperCase() : text.toLocaleUpperCase(culture),
      ),
  },
];
