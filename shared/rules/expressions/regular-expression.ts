import { RE2JS, type Matcher } from 're2js';
import { ExpressionError } from './expression-error.ts';

/** What matched, group by group: by number (0 is the whole) and by name. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** Null where the group took no part in the match or does not exist. */
  readonly group: (name: string | number) => { readonly start: number; readonly end: number } | null;
}

/**
 * A regular expression of a rule. It runs in time linear in the text (the algorithm of RE2), so no pattern can keep a
 * partition busy; what cannot be done in that time, looking around and back, is refused when the rule is compiled.
 */
export class RegularExpression {
  readonly #compiled: RE2JS;
  readonly #names: Readonly<Record<string, number>>;
  readonly groupCount: number;

  /** @throws ExpressionError */
  constructor(pattern: string, label: string, column: number, ignoresCase = false) {
    try {
      this.#compiled = RE2JS.compile(translate(pattern), ignoresCase ? RE2JS.CASE_INSENSITIVE : 0);
    } catch (error) {
      const why =
        error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
      throw new ExpressionError(
        'bad-argument',
        `${label} is not a regular expression that can be run: ${why}`,
        column,
        'Looking ahead or behind and back-references are not supported, since they can take unbounded time.',
      );
    }
    this.#names = this.#compiled.namedGroups();
    this.groupCount = this.#compiled.groupCount();
  }

  hasGroup(name: string): boolean {
    return Object.hasOwn(this.#names, name) || isGroupNumber(name, this.groupCount);
  }

  *matches(text: string): Generator<Match, void> {
    const matcher = this.#compiled.matcher(text);
    while (matcher.find())
      yield {
        start: matcher.start(),
        end: matcher.end(),
        group: (name) => this.#groupOf(matcher, name),
      };
  }

  #groupOf(matcher: Matcher, name: string | number): { start: number; end: number } | null {
    const index = typeof name === 'number' ? name : (this.#names[name] ?? Number(name));
    if (!Number.isInteger(index) || index < 0 || index > this.groupCount) return null;
    const start = matcher.start(index);
    return start < 0 ? null : { start, end: matcher.end(index) };
  }
}

function isGroupNumber(name: string, count: number): boolean {
  return /^\d{1,4}$/.test(name) && Number(name) <= count;
}

/** .NET's classes are those of Unicode; RE2 has the ASCII ones under the same names. */
const inClass: Readonly<Record<string, string>> = {
  w: String.raw`\p{L}\p{M}\p{Nd}\p{Pc}`,
  d: String.raw`\p{Nd}`,
  s: String.raw`\s\x{B}\x{85}\p{Z}`,
  D: String.raw`\P{Nd}`,
};
const outside: Readonly<Record<string, string>> = {
  w: `[${inClass['w'] ?? ''}]`,
  W: `[^${inClass['w'] ?? ''}]`,
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  s: `[${inClass['s'] ?? ''}]`,
  S: `[^${inClass['s'] ?? ''}]`,
};

function translate(pattern: string): string {
  let isInClass = false;
  return pattern.replace(/\\[\s\S]|\(\?'(\w+)'|\[|\]/g, (found, name: string | undefined) => {
    if (name !== undefined) return isInClass ? found : `(?<${name}>`;
    if (found === '[') isInClass = true;
    else if (found === ']') isInClass = false;
    else return (isInClass ? inClass : outside)[found.charAt(1)] ?? found;
    return found;
  });
}

/** Puts groups into a replacement as .NET does: $1, ${name}, $$, $& (the match), $` (before it), $' (behind it). */
export function substitute(replacement: string, text: string, match: Match): string {
  return replacement.replace(
    /\$(?:(\$)|(&)|(`)|(')|(\d{1,4})|\{(\w{1,64})\})/g,
    (
      found: string,
      dollar?: string,
      whole?: string,
      before?: string,
      behind?: string,
      number?: string,
      name?: string,
    ) => {
      if (dollar !== undefined) return '$';
      if (whole !== undefined) return text.slice(match.start, match.end);
      if (before !== undefined) return text.slice(0, match.start);
      if (behind !== undefined) return text.slice(match.end);
      const group = match.group(number ?? name ?? '');
      return group === null ? found : text.slice(group.start, group.end);
    },
  );
}
