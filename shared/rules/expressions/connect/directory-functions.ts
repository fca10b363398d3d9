import { splitDn, unescapeDnValue, escapeDnValue } from '../../../model/dn.ts';
import type { Evaluation } from '../evaluation.ts';
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

/**
 * The value of a part of a name, without its type. Nothing where the name has no such part. Escapes of control characters
 * stay as they are written: Connect's own default rules look for "\0ACNF:" in it (Entra Connect, "Understanding the default
 * configuration").
 */
function valueAt(parts: readonly string[], number: number): string | null {
  const part = parts[number - 1];
  if (part === undefined) return null;
  const value = part.slice(part.indexOf('=') + 1).trim();
  return value
    .split(/(\\[01][0-9a-fA-F])/)
    .map((piece, index) => (index % 2 === 1 ? piece : unescapeDnValue(piece)))
    .join('');
}

function compileComponent(site: CallSite, order: (parts: readonly string[]) => readonly string[]): Closure {
  const dn = required(site, 0);
  const number = required(site, 1);
  const options = site.arguments[2];
  return (evaluation) => {
    const text = textOf(dn, evaluation);
    const at = indexOf(number, evaluation, 0);
    const withoutDomain = options !== undefined && isDomainOption(options, evaluation);
    if (at < 1) throw new ExpressionError('out-of-range', `${number.label} is less than 1`, number.column);
    if (text === null) return null;
    const parts = splitDn(text);
    const isKept = (part: string): boolean => !withoutDomain || !/^dc\s*=/i.test(part);
    return valueAt(order(parts.filter(isKept)), at);
  };
}

function isDomainOption(argument: Argument, evaluation: Evaluation): boolean {
  if (textOf(argument, evaluation) === 'DC') return true;
  throw new ExpressionError('bad-argument', `${argument.label} is DC`, argument.column);
}

function compileEscape(site: CallSite): Closure {
  const value = required(site, 0);
  return (evaluation) => {
    const text = textOf(value, evaluation);
    if (text === null) return null;
    const equals = text.indexOf('=');
    return text.slice(0, equals + 1) + escapeDnValue(text.slice(equals + 1));
  };
}

export const connectDirectoryFunctions: readonly FunctionDefinition[] = [
  {
    name: 'DNComponent',
    family: 'directory',
    parameters: [requiredParameter('dn'), requiredParameter('ComponentNumber')],
    summary: 'The value of a part of a distinguished name, counted from the left.',
    isPerValue: true,
    compile: (site) => compileComponent(site, (parts) => parts),
  },
  {
    name: 'DNComponentRev',
    family: 'directory',
    parameters: [requiredParameter('dn'), requiredParameter('ComponentNumber'), optionalParameter('Options')],
    summary: 'The same counted from the right; with DC the parts of the domain do not count.',
    isPerValue: true,
    compile: (site) => compileComponent(site, (parts) => parts.toReversed()),
  },
  {
    name: 'EscapeDNComponent',
    family: 'directory',
    parameters: [requiredParameter('value')],
    summary: 'One part of a distinguished name (cn=…) with its value escaped for LDAP.',
    isPerValue: true,
    compile: compileEscape,
  },
];
