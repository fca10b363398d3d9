import {
  required,
  requiredParameter,
  textOf,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';

function encode(site: CallSite, change: (text: string) => string): Closure {
  const source = required(site, 0);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    if (text === null) return null;
    evaluation.charge(text.length * 4, site.column);
    return change(text);
  };
}

export const encodingFunctions: readonly FunctionDefinition[] = [
  {
    name: 'ConvertToBase64',
    family: 'text',
    parameters: [requiredParameter('source')],
    summary: 'The text as base64 of its UTF-16 (little-endian) form.',
    compile: (site) => encode(site, (text) => Buffer.from(text, 'utf16le').toString('base64')),
  },
  {
    name: 'ConvertToUTF8Hex',
    family: 'text',
    parameters: [requiredParameter('source')],
    summary: 'The text as hexadecimal digits of its UTF-8 form.',
    compile: (site) => encode(site, (text) => Buffer.from(text, 'utf8').toString('hex').toUpperCase()),
  },
];
