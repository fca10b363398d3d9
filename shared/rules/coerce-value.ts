import { isNotCoercible, toBoolean, toText, type NotCoercible } from './expressions/coercions.ts';
import { toValues, type RuntimeValue } from './expressions/runtime-value.ts';
import type { TargetValue } from './projection.ts';
import type { TargetProperty } from './target-properties.ts';

/**
 * Puts a value into the form its target takes: null where there is none (an empty text is none: Graph refuses it), or the
 * reason why it does not fit. Reasons never quote the value.
 */
export function coerceValue(value: RuntimeValue, target: TargetProperty): TargetValue | NotCoercible {
  switch (target.type) {
    case 'boolean':
      return value === null || value === '' ? null : toBoolean(value);
    case 'string':
      return coerceText(value, target);
    case 'string-collection':
      return coerceCollection(value, target);
  }
}

function coerceText(value: RuntimeValue, target: TargetProperty): string | null | NotCoercible {
  const text = toText(value);
  if (text === null || text === '' || isNotCoercible(text)) return text === '' ? null : text;
  if (target.maxLength !== null && text.length > target.maxLength)
    return { reason: `has ${text.length} characters, ${target.maxLength} are allowed` };
  const wrong = target.check?.(text) ?? null;
  return wrong === null ? text : { reason: wrong };
}

function coerceCollection(
  value: RuntimeValue,
  target: TargetProperty,
): readonly string[] | null | NotCoercible {
  const values = toValues(value);
  if (target.maxCount !== null && values.length > target.maxCount)
    return {
      reason: `has ${values.length} values, ${target.maxCount} ${target.maxCount === 1 ? 'is' : 'are'} allowed`,
    };
  const texts: string[] = [];
  for (const one of values) {
    const text = coerceText(one, target);
    if (isNotCoercible(text)) return text;
    if (text !== null) texts.push(text);
  }
  return texts.length === 0 ? null : texts;
}
