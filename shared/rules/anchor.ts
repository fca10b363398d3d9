import { isNotCoercible, toText, type NotCoercible } from './expressions/coercions.ts';
import { isList, type RuntimeValue } from './expressions/runtime-value.ts';
import type { AnchorRule } from './rule-set.ts';
import type { StagedReader } from './staged-reader.ts';

/** The value that links: the first source that is not empty, in the form the rule asks for. */
export function computeAnchor(rule: AnchorRule, reader: StagedReader): string | NotCoercible {
  for (const name of rule.from) {
    // The next source must not take over because this one could not be carried: the anchor would change.
    if (reader.isOversized(name)) return { reason: `${name} is too large to carry` };
    const value = reader.read(name);
    if (value === null || value === '') continue;
    const anchor = formOf(rule.as, value);
    if (isNotCoercible(anchor)) return { reason: `${name} ${anchor.reason}` };
    return anchor;
  }
  return { reason: `none of ${rule.from.join(', ')} has a value` };
}

function formOf(as: AnchorRule['as'], value: RuntimeValue): string | NotCoercible {
  if (isList(value)) return { reason: 'has several values, an anchor needs one' };
  const text = toText(value);
  if (isNotCoercible(text)) return text;
  const isBytes = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'bytes';
  const bytes = Buffer.from(text ?? '', isBytes ? 'base64' : 'utf8');
  return bytes.toString(as === 'text' ? 'utf8' : as);
}
