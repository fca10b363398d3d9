import {
  indexOf,
  optionalParameter,
  required,
  requiredParameter,
  textOf,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';

/**
 * Characters that end a word where no separators are given: what .NET's ToTitleCase takes for one (blanks, control, format,
 * punctuation, symbols). The apostrophe inside a word does not end it there: DE'SILVA becomes De'silva.
 */
const separator = /[\p{Z}\p{Cc}\p{Cf}\p{P}\p{S}]/u;

function compilePCase(site: CallSite): Closure {
  const source = required(site, 0);
  const separators = site.arguments[1];
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const given = separators === undefined ? null : textOf(separators, evaluation);
    if (text === null) return null;
    evaluation.charge(text.length * 2, site.column);
    return given === null ? titleCase(text) : properCase(text, given);
  };
}

/** Words begin at letters: what stands before the first letter ("1st") belongs to no word yet. */
function titleCase(text: string): string {
  let isInWord = false;
  let cased = '';
  for (const character of text) {
    if (!isInWord && /\p{L}/u.test(character)) {
      isInWord = true;
      cased += character.toUpperCase();
      continue;
    }
    if (character !== "'" && separator.test(character)) isInWord = false;
    cased += character.toLowerCase();
  }
  return cased;
}

function properCase(text: string, separators: string): string {
  let isFirst = true;
  let cased = '';
  for (const character of text) {
    cased += isFirst ? character.toUpperCase() : character.toLowerCase();
    isFirst = separators.includes(character);
  }
  return cased;
}

function compileWord(site: CallSite): Closure {
  const source = required(site, 0);
  const number = required(site, 1);
  const delimiters = required(site, 2);
  return (evaluation) => {
    const text = textOf(source, evaluation) ?? '';
    const at = indexOf(number, evaluation, 0);
    const marks = new Set(textOf(delimiters, evaluation) ?? '');
    if (at < 1) return '';
    evaluation.charge(text.length, site.column);
    return wordAt(text, at, marks) ?? '';
  };
}

/** Strings of characters between delimiters; two delimiters side by side enclose no word. */
function wordAt(text: string, number: number, marks: ReadonlySet<string>): string | null {
  let word = '';
  let count = 0;
  for (const character of text) {
    if (!marks.has(character)) {
      word += character;
      continue;
    }
    if (word === '') continue;
    count += 1;
    if (count === number) return word;
    word = '';
  }
  return word !== '' && count + 1 === number ? word : null;
}

export const wordFunctions: readonly FunctionDefinition[] = [
  {
    name: 'PCase',
    family: 'text',
    parameters: [requiredParameter('source'), optionalParameter('wordSeparators')],
    summary:
      'Every word with its first letter in upper case and the others in lower case. Words end at blanks, punctuation and symbols (not at an apostrophe), or only at wordSeparators where they are given.',
    compile: compilePCase,
  },
  {
    name: 'Word',
    family: 'text',
    parameters: [
      requiredParameter('String'),
      requiredParameter('WordNumber'),
      requiredParameter('delimiters'),
    ],
    summary:
      'The word with that number, where each character of delimiters ends a word; empty where there is none.',
    compile: compileWord,
  },
];
