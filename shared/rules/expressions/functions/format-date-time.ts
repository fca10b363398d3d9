import type { Evaluation } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import { formatWith } from '../format-with.ts';
import { required, textOf, type Argument, type CallSite, type Closure } from '../function-definition.ts';
import { parseExactly, type ParseStyles } from '../parse-exactly.ts';

/** Names of .NET's DateTimeStyles, and what each lets through. Times are UTC, so those about time zones change nothing. */
const styleNames: Readonly<Record<string, Partial<ParseStyles>>> = {
  None: {},
  AllowLeadingWhite: { leadingWhite: true },
  AllowTrailingWhite: { trailingWhite: true },
  AllowInnerWhite: { innerWhite: true },
  AllowWhiteSpaces: { leadingWhite: true, trailingWhite: true, innerWhite: true },
  NoCurrentDateDefault: {},
  AdjustToUniversal: {},
  AssumeLocal: {},
  AssumeUniversal: {},
  RoundtripKind: {},
};

const noStyles: ParseStyles = { leadingWhite: false, trailingWhite: false, innerWhite: false };
/** What the reference names as the default. */
const defaultStyles: ParseStyles = { leadingWhite: true, trailingWhite: true, innerWhite: false };

/** FormatDateTime(source, dateTimeStyles, inputFormat, outputFormat): a date in another form. */
export function compileFormatDateTime(site: CallSite): Closure {
  const source = required(site, 0);
  const styles = site.arguments[1];
  const inputFormat = required(site, 2);
  const outputFormat = required(site, 3);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const input = textOf(inputFormat, evaluation) ?? '';
    const output = textOf(outputFormat, evaluation) ?? '';
    const allowed = styles === undefined ? defaultStyles : stylesOf(styles, evaluation);
    if (text === null || text === '') return null;
    const ms = parseExactly(text, input, allowed, evaluation.now);
    if (ms === undefined) throw notAFormat(inputFormat);
    if (ms === null)
      throw new ExpressionError(
        'type',
        `${source.label} does not have the form of inputFormat`,
        source.column,
      );
    // A form without a date means today's.
    if (!/[yMd]/.test(input)) evaluation.callNow();
    return formatted(outputFormat, output, ms);
  };
}

/** The date in the format that an argument gave. */
export function formatted(argument: Argument, format: string, ms: number): string {
  const text = formatWith(format, ms);
  if (text === null) throw notAFormat(argument);
  return text;
}

function notAFormat(argument: Argument): ExpressionError {
  return new ExpressionError(
    'bad-argument',
    `${argument.label} is not a date format of .NET`,
    argument.column,
  );
}

function stylesOf(argument: Argument, evaluation: Evaluation): ParseStyles {
  const text = textOf(argument, evaluation);
  if (text === null || text.trim() === '') return defaultStyles;
  let styles = noStyles;
  for (const part of text.split(',')) {
    const name = part.trim().replace(/^DateTimeStyles\./, '');
    const style = styleNames[name];
    if (style === undefined || !Object.hasOwn(styleNames, name))
      throw new ExpressionError(
        'bad-argument',
        `${argument.label} names styles of .NET's DateTimeStyles: ${Object.keys(styleNames).join(', ')}`,
        argument.column,
      );
    styles = { ...styles, ...style };
  }
  return styles;
}
