import { ExpressionError } from '../expression-error.ts';
import { required, textOf, type CallSite, type Closure } from '../function-definition.ts';
import type { Evaluation } from '../evaluation.ts';

/** Which of the documented forms is meant is decided by which arguments are written, not by their values. */
export function compileReplace(site: CallSite): Closure {
  const [, oldValue, regexPattern, regexGroupName, replacementValue, attribute, template] = site.arguments;
  if (regexPattern || regexGroupName || attribute)
    throw new ExpressionError(
      'bad-argument',
      'the forms of Replace with regexPattern are documented but not available yet',
      (regexPattern ?? regexGroupName ?? attribute)?.column ?? site.column,
      'Use oldValue with replacementValue or template.',
    );
  if (!oldValue || (replacementValue !== undefined) === (template !== undefined))
    throw new ExpressionError(
      'bad-argument',
      'Replace takes oldValue with either replacementValue or template',
      site.column,
      'For example Replace([mail], "@contoso.com", , , "", , ).',
    );
  const source = required(site, 0);
  const other = template ?? replacementValue;
  return (evaluation) => {
    const text = textOf(source, evaluation);
    if (text === null) return null;
    const old = textOf(oldValue, evaluation) ?? '';
    const put = other === undefined ? '' : (textOf(other, evaluation) ?? '');
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
