import type { Expression } from './ast.ts';
import { isNotCoercible, toBoolean, toDate, toInteger, toText } from './coercions.ts';
import type { Evaluation } from './evaluation.ts';
import { ExpressionError } from './expression-error.ts';
import type { DateValue, RuntimeValue } from './runtime-value.ts';

export type Closure = (evaluation: Evaluation) => RuntimeValue;

export type FunctionFamily =
  'text' | 'logic' | 'date' | 'list' | 'number' | 'random' | 'flow' | 'directory' | 'certificate';

export interface Parameter {
  readonly name: string;
  /** Required, optional, or taking all arguments that are left (at least one). */
  readonly use: 'required' | 'optional' | 'repeating';
}

/** An argument as a function sees it: a closure with the place and name for its errors. */
export interface Argument {
  readonly run: Closure;
  readonly node: Expression;
  readonly column: number;
  /** `source of Append`. */
  readonly label: string;
}

export interface CallSite {
  readonly column: number;
  /** By position; undefined where an argument was left out. */
  readonly arguments: readonly (Argument | undefined)[];
}

/** One entry of the function table. */
export interface FunctionDefinition {
  readonly name: string;
  readonly family: FunctionFamily;
  readonly parameters: readonly Parameter[];
  /** One sentence for the reference page. */
  readonly summary: string;
  readonly compile: (site: CallSite) => Closure;
  /** Connect dialect: works on single values, so on a list it works on each of them. */
  readonly isPerValue?: boolean;
  /** Its first argument is a variable, bound in the argument at this position. */
  readonly bindsIn?: number;
}

export function signatureOf(definition: Pick<FunctionDefinition, 'name' | 'parameters'>): string {
  const parts = definition.parameters.map((parameter) => {
    if (parameter.use === 'optional') return `[${parameter.name}]`;
    return parameter.use === 'repeating' ? `${parameter.name}, …` : parameter.name;
  });
  return `${definition.name}(${parts.join(', ')})`;
}

/** The arity check has made sure that a required argument is there. */
export function required(site: CallSite, index: number): Argument {
  const argument = site.arguments[index];
  if (argument === undefined) throw new ExpressionError('arity', 'an argument is missing', site.column);
  return argument;
}

export function present(site: CallSite, from = 0): readonly Argument[] {
  return site.arguments.slice(from).filter((argument) => argument !== undefined);
}

function checked<T>(argument: Argument, value: T): Exclude<T, { readonly reason: string }> {
  if (isNotCoercible(value))
    throw new ExpressionError('type', `${argument.label} ${value.reason}`, argument.column);
  return value as Exclude<T, { readonly reason: string }>;
}

export function textOf(argument: Argument, evaluation: Evaluation): string | null {
  const text = checked(argument, toText(argument.run(evaluation)));
  if (text !== null) evaluation.charge(text.length, argument.column);
  return text;
}

export function integerOf(argument: Argument, evaluation: Evaluation): bigint | null {
  return checked(argument, toInteger(argument.run(evaluation)));
}

/** For lengths and positions: an integer that fits an index; `fallback` where there is none. */
export function indexOf(argument: Argument | undefined, evaluation: Evaluation, fallback: number): number {
  const value = argument === undefined ? null : integerOf(argument, evaluation);
  if (value === null) return fallback;
  const limit = 2_147_483_647n;
  return Number(value > limit ? limit : value < -limit ? -limit : value);
}

export function booleanOf(argument: Argument, evaluation: Evaluation): boolean {
  return truthOf(argument, argument.run(evaluation));
}

/** Whether a value that the argument gave is true. */
export function truthOf(argument: Argument, value: RuntimeValue): boolean {
  return checked(argument, toBoolean(value));
}

export function dateOf(argument: Argument, evaluation: Evaluation): DateValue | null {
  return checked(argument, toDate(argument.run(evaluation)));
}

export const requiredParameter = (name: string): Parameter => ({ name, use: 'required' });
export const optionalParameter = (name: string): Parameter => ({ name, use: 'optional' });
export const repeatingParameter = (name: string): Parameter => ({ name, use: 'repeating' });
