import type { Evaluation } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import { required, textOf, type Argument, type CallSite, type Closure } from '../function-definition.ts';
import { RegularExpression, substitute, type Match } from '../regular-expression.ts';

/** Which of the documented forms is meant is decided by which arguments are written, not by their values. */
export function compileReplace(site: CallSite): Closure {
  const [, oldValue, pattern, group, replacementValue, attribute, template] = site.arguments;
  const form = [oldValue, pattern, group, replacementValue, attribute, template]
    .map((argument) => (argument === undefined ? '-' : 'x'))
    .join('');
  switch (form) {
    case 'x--x--':
    case 'x----x':
      return replaceText(site);
    case '-x-x--':
      return replaceMatches(site, required(site, 2), required(site, 4));
    case '-xxx--':
      return replaceGroup(site, required(site, 2), required(site, 3), required(site, 4));
    case '-xx-x-':
      return extractGroup(site, required(site, 2), required(site, 3), required(site, 5));
    default:
      throw new ExpressionError(
        'bad-argument',
        'Replace takes oldValue with either replacementValue or template; or regexPattern with replacementValue, with regexGroupName and replacementValue, or with regexGroupName and replacementAttributeName',
        site.column,
        'For example Replace([mail], "@contoso.com", , , "", , ).',
      );
  }
}

function replaceText(site: CallSite): Closure {
  const source = required(site, 0);
  const oldValue = required(site, 1);
  const template = site.arguments[6];
  const other = template ?? required(site, 4);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    if (text === null) return null;
    const old = textOf(oldValue, evaluation) ?? '';
    const put = textOf(other, evaluation) ?? '';
    return template === undefined
      ? replaceAll(text, old, put, evaluation, site.column)
      : replaceAll(put, old, text, evaluation, site.column);
  };
}

/** Pays before it builds: nested replacements multiply their lengths. */
function replaceAll(text: string, old: string, put: string, evaluation: Evaluation, column: number): string {
  if (old === '') return text;
  const parts = text.split(old);
  evaluation.charge(text.length + (parts.length - 1) * put.length, column);
  return parts.join(put);
}

type PatternOf = (evaluation: Evaluation, text: string) => RegularExpression;

/** A pattern that stands in the rule is compiled with it, so that a wrong one is found when the rule is published. */
function patternOf(argument: Argument): PatternOf {
  const compile = (text: string): RegularExpression =>
    new RegularExpression(text, argument.label, argument.column);
  const fixed = argument.node.kind === 'text' ? compile(argument.node.value) : null;
  return (evaluation, text) => {
    const source = textOf(argument, evaluation) ?? '';
    // Time is at most the product of both lengths.
    evaluation.charge(text.length * source.length, argument.column);
    return fixed ?? compile(source);
  };
}

/** Every match replaced; `put` says by what, and may leave parts of the match standing. */
function rewrite(
  text: string,
  matches: Iterable<Match>,
  put: (match: Match) => string,
  charge: (characters: number) => void,
): string {
  let result = '';
  let from = 0;
  for (const match of matches) {
    const piece = put(match);
    charge(piece.length);
    result += text.slice(from, match.start) + piece;
    from = match.end;
  }
  return result + text.slice(from);
}

function replaceMatches(site: CallSite, regexPattern: Argument, replacementValue: Argument): Closure {
  const source = required(site, 0);
  const pattern = patternOf(regexPattern);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const put = textOf(replacementValue, evaluation) ?? '';
    if (text === null) return null;
    return rewrite(
      text,
      pattern(evaluation, text).matches(text),
      (match) => substitute(put, text, match),
      (characters) => {
        evaluation.charge(characters, site.column);
      },
    );
  };
}

function replaceGroup(site: CallSite, regexPattern: Argument, groupName: Argument, value: Argument): Closure {
  const source = required(site, 0);
  const pattern = patternOf(regexPattern);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const put = textOf(value, evaluation) ?? '';
    const name = textOf(groupName, evaluation) ?? '';
    if (text === null) return null;
    const expression = pattern(evaluation, text);
    checkGroup(expression, name, groupName);
    return rewrite(
      text,
      expression.matches(text),
      (match) => {
        const group = match.group(name);
        if (group === null) return text.slice(match.start, match.end);
        return text.slice(match.start, group.start) + put + text.slice(group.end, match.end);
      },
      (characters) => {
        evaluation.charge(characters, site.column);
      },
    );
  };
}

/** The source where there is one, else what the group finds in another attribute. */
function extractGroup(site: CallSite, regexPattern: Argument, groupName: Argument, other: Argument): Closure {
  const source = required(site, 0);
  const pattern = patternOf(regexPattern);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    if (text !== null && text !== '') return text;
    const instead = textOf(other, evaluation);
    const name = textOf(groupName, evaluation) ?? '';
    if (instead === null) return null;
    const expression = pattern(evaluation, instead);
    checkGroup(expression, name, groupName);
    for (const match of expression.matches(instead)) {
      const group = match.group(name);
      return group === null ? null : instead.slice(group.start, group.end);
    }
    return null;
  };
}

function checkGroup(expression: RegularExpression, name: string, argument: Argument): void {
  if (!expression.hasGroup(name))
    throw new ExpressionError(
      'bad-argument',
      `${argument.label} names no group of regexPattern`,
      argument.column,
    );
}
