import { isNotCoercible, toDate, toInteger, toNumber, toText } from '../coercions.ts';
import type { Evaluation } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import {
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
import type { RuntimeValue } from '../runtime-value.ts';
import { guidBytes, guidText, sidText } from './identifiers.ts';

type Convert = (argument: Argument, evaluation: Evaluation) => RuntimeValue;

function converter(
  name: string,
  parameter: string,
  summary: string,
  convert: Convert,
  family: FunctionDefinition['family'] = 'text',
): FunctionDefinition {
  return {
    name,
    family,
    parameters: [requiredParameter(parameter)],
    summary,
    isPerValue: true,
    compile: (site) => {
      const argument = required(site, 0);
      return (evaluation) => convert(argument, evaluation);
    },
  };
}

/** Bytes of a binary value, or of a base64 text. Null where there is none. */
function bytesOf(argument: Argument, evaluation: Evaluation): Buffer | null {
  const value = argument.run(evaluation);
  if (value === null) return null;
  if (typeof value === 'object' && 'kind' in value && value.kind === 'bytes')
    return Buffer.from(value.base64, 'base64');
  const text = toText(value);
  if (typeof text === 'string' && isBase64(text)) return Buffer.from(text, 'base64');
  throw new ExpressionError('type', `${argument.label} is not binary`, argument.column);
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

const encodings: Readonly<Record<string, BufferEncoding>> = {
  Unicode: 'utf16le',
  ASCII: 'ascii',
  UTF8: 'utf8',
};

function compileConvertFromBase64(site: CallSite): Closure {
  const source = required(site, 0);
  const encoding = site.arguments[1];
  return (evaluation) => {
    const name = encoding === undefined ? 'Unicode' : (textOf(encoding, evaluation) ?? '');
    const form = Object.hasOwn(encodings, name) ? encodings[name] : undefined;
    if (form === undefined)
      throw new ExpressionError(
        'bad-argument',
        `${encoding?.label ?? 'Encoding'} is Unicode, ASCII or UTF8`,
        encoding?.column ?? site.column,
      );
    const text = textOf(source, evaluation);
    if (text === null) return null;
    if (!isBase64(text)) throw new ExpressionError('type', `${source.label} is not base64`, source.column);
    return Buffer.from(text, 'base64').toString(form);
  };
}

const convertToBase64: Convert = (argument, evaluation) => {
  const value = argument.run(evaluation);
  if (value !== null && typeof value === 'object' && 'kind' in value && value.kind === 'bytes')
    return value.base64;
  const text = textOf(argument, evaluation);
  return text === null ? null : Buffer.from(text, 'utf16le').toString('base64');
};

const convertFromHex: Convert = (argument, evaluation) => {
  const text = textOf(argument, evaluation);
  if (text === null) return null;
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text))
    throw new ExpressionError('type', `${argument.label} is not hexadecimal`, argument.column);
  return Buffer.from(text, 'hex').toString('utf8');
};

const toNum: Convert = (argument, evaluation) => {
  const value = argument.run(evaluation);
  if (value === null) return null;
  const number = typeof value === 'boolean' ? Number(value) : toNumber(value);
  if (number === null)
    throw new ExpressionError('type', `${argument.label} is not a number`, argument.column);
  return typeof number === 'bigint' && Number.isSafeInteger(Number(number)) ? Number(number) : number;
};

const toGuid: Convert = (argument, evaluation) => {
  const text = textOf(argument, evaluation);
  if (text === null) return null;
  const bytes = guidBytes(text);
  if (bytes === null) throw new ExpressionError('type', `${argument.label} is not a GUID`, argument.column);
  return { kind: 'bytes', base64: bytes.toString('base64') };
};

const fromGuid: Convert = (argument, evaluation) => {
  const bytes = bytesOf(argument, evaluation);
  if (bytes === null) return null;
  const text = guidText(bytes);
  if (text === null) throw new ExpressionError('type', `${argument.label} has not 16 bytes`, argument.column);
  return text;
};

const fromSid: Convert = (argument, evaluation) => {
  const bytes = bytesOf(argument, evaluation);
  if (bytes === null) return null;
  const text = sidText(bytes);
  if (text === null) throw new ExpressionError('type', `${argument.label} is not a SID`, argument.column);
  return text;
};

/** A test whether a value has a form; what has none of its own is false. */
function test(name: string, summary: string, decide: (value: RuntimeValue) => boolean): FunctionDefinition {
  return converter(
    name,
    'Expression',
    summary,
    (argument, evaluation) => decide(argument.run(evaluation)),
    'logic',
  );
}

function isGuid(value: RuntimeValue): boolean {
  return typeof value === 'string' && guidBytes(value) !== null;
}

function compileBits(site: CallSite, decide: (value: bigint, other: bigint) => RuntimeValue): Closure {
  const first = required(site, 0);
  const second = required(site, 1);
  return (evaluation) => {
    const [a, b] = [integerOf(first, evaluation), integerOf(second, evaluation)];
    if (a === null || b === null) return null;
    return decide(BigInt.asIntN(64, a), BigInt.asIntN(64, b));
  };
}

export const connectConversionFunctions: readonly FunctionDefinition[] = [
  {
    name: 'BitOr',
    family: 'number',
    parameters: [requiredParameter('value1'), requiredParameter('value2')],
    summary: 'The bits that are set in either number.',
    isPerValue: true,
    compile: (site) => compileBits(site, (a, b) => a | b),
  },
  converter('CGuid', 'GUID', 'The bytes of a GUID written as text.', toGuid),
  converter('CNum', 'value', 'The number that a text stands for.', toNum, 'number'),
  {
    name: 'ConvertFromBase64',
    family: 'text',
    parameters: [requiredParameter('source'), optionalParameter('Encoding')],
    summary: 'The text behind base64. Encoding is Unicode (default), ASCII or UTF8.',
    isPerValue: true,
    compile: compileConvertFromBase64,
  },
  converter('ConvertFromUTF8Hex', 'source', 'The text behind hexadecimal digits of UTF-8.', convertFromHex),
  converter(
    'ConvertToBase64',
    'source',
    'Bytes as base64; a text as base64 of its UTF-16 (little-endian) form.',
    convertToBase64,
  ),
  converter('CRef', 'value', 'The text as a reference.', (argument, evaluation) =>
    textOf(argument, evaluation),
  ),
  {
    name: 'IsBitSet',
    family: 'logic',
    parameters: [requiredParameter('value'), requiredParameter('flag')],
    summary: 'True where the number has the bit.',
    isPerValue: true,
    compile: (site) => {
      const decide = compileBits(site, (value, flag) => (value & flag) !== 0n);
      return (evaluation) => decide(evaluation) ?? false;
    },
  },
  test('IsDate', 'True where CDate can make a date of it.', (value) => {
    const date = toDate(value);
    return date !== null && !isNotCoercible(date);
  }),
  test('IsGuid', 'True where CGuid can make a GUID of it.', isGuid),
  test('IsNumeric', 'True where CNum can make a number of it.', (value) => {
    const number = typeof value === 'string' ? toNumber(value) : toInteger(value);
    return number !== null && !isNotCoercible(number);
  }),
  converter('StringFromGuid', 'GUID', 'A GUID as text.', fromGuid),
  converter('StringFromSid', 'ObjectSID', 'A SID as text (S-1-5-…).', fromSid),
];
