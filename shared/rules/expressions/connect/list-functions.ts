import type { Evaluation } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import { isNotCoercible, toText } from '../coercions.ts';
import {
  indexOf,
  optionalParameter,
  required,
  requiredParameter,
  textOf,
  truthOf,
  type Argument,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';
import { fromValues, toValues, type RuntimeValue, type Scalar } from '../runtime-value.ts';

function textsOf(argument: Argument, evaluation: Evaluation): readonly string[] {
  return toValues(argument.run(evaluation)).map((value) => {
    const text = toText(value);
    if (isNotCoercible(text))
      throw new ExpressionError('type', `${argument.label} ${text.reason}`, argument.column);
    evaluation.charge(text?.length ?? 0, argument.column);
    return text ?? '';
  });
}

function compileContains(site: CallSite): Closure {
  const attribute = required(site, 0);
  const search = required(site, 1);
  const casetype = site.arguments[2];
  return (evaluation) => {
    const texts = textsOf(attribute, evaluation);
    const part = textOf(search, evaluation) ?? '';
    const name = casetype === undefined ? 'CaseSensitive' : textOf(casetype, evaluation);
    if (casetype !== undefined && name !== 'CaseSensitive' && name !== 'CaseInsensitive')
      throw new ExpressionError(
        'bad-argument',
        `${casetype.label} is CaseSensitive or CaseInsensitive`,
        casetype.column,
      );
    const fold = (text: string): string => (name === 'CaseInsensitive' ? text.toLowerCase() : text);
    return texts.findIndex((text) => fold(text).includes(fold(part))) + 1;
  };
}

function compileItem(site: CallSite, isForgiving: boolean): Closure {
  const attribute = required(site, 0);
  const index = required(site, 1);
  return (evaluation) => {
    const values = toValues(attribute.run(evaluation));
    const value = values[indexOf(index, evaluation, 0) - 1];
    if (value !== undefined) return value;
    if (isForgiving) return null;
    throw new ExpressionError('out-of-range', `${index.label} is not the number of a value`, index.column);
  };
}

function compileJoin(site: CallSite): Closure {
  const attribute = required(site, 0);
  const delimiter = site.arguments[1];
  return (evaluation) => {
    const between = delimiter === undefined ? ' ' : (textOf(delimiter, evaluation) ?? '');
    const texts = textsOf(attribute, evaluation);
    evaluation.charge(texts.length * between.length, site.column);
    return texts.join(between);
  };
}

function compileSplit(site: CallSite): Closure {
  const value = required(site, 0);
  const delimiter = required(site, 1);
  const limit = site.arguments[2];
  return (evaluation) => {
    const text = textOf(value, evaluation);
    const mark = textOf(delimiter, evaluation) ?? '';
    const most = indexOf(limit, evaluation, -1);
    if (mark.length !== 1)
      throw new ExpressionError('bad-argument', `${delimiter.label} is not one character`, delimiter.column);
    if (text === null) return null;
    evaluation.charge(text.length * 2, site.column);
    const parts = text.split(mark);
    if (limit === undefined || most < 0 || parts.length <= most) return fromValues(parts);
    // The last value takes what is left, as Visual Basic's Split does.
    return most === 0 ? null : fromValues([...parts.slice(0, most - 1), parts.slice(most - 1).join(mark)]);
  };
}

/** Runs the last argument with the variable bound to each value in turn. */
function eachValue(
  site: CallSite,
  collect: (value: Scalar, result: RuntimeValue, argument: Argument) => readonly (Scalar | null)[],
): Closure {
  const variable = required(site, 0);
  const list = required(site, 1);
  const body = required(site, 2);
  return (evaluation) => {
    const name = textOf(variable, evaluation) ?? '';
    return fromValues(
      toValues(list.run(evaluation)).flatMap((value) => {
        evaluation.charge(0, body.column);
        return collect(
          value,
          evaluation.bind(name, value, () => body.run(evaluation)),
          body,
        );
      }),
    );
  };
}

const attribute = requiredParameter('attribute');
const variable = requiredParameter('variable');

export const connectListFunctions: readonly FunctionDefinition[] = [
  {
    name: 'Contains',
    family: 'list',
    parameters: [attribute, requiredParameter('search'), optionalParameter('Casetype')],
    summary:
      'The number (from 1) of the first value with search in it; 0 where there is none. Casetype is CaseSensitive (default) or CaseInsensitive.',
    compile: compileContains,
  },
  {
    name: 'Item',
    family: 'list',
    parameters: [attribute, requiredParameter('index')],
    summary: 'One value of a multi-valued attribute, the first is 1; an error where there is none.',
    compile: (site) => compileItem(site, false),
  },
  {
    name: 'ItemOrNull',
    family: 'list',
    parameters: [attribute, requiredParameter('index')],
    summary: 'One value of a multi-valued attribute, the first is 1; nothing where there is none.',
    compile: (site) => compileItem(site, true),
  },
  {
    name: 'Join',
    family: 'list',
    parameters: [attribute, optionalParameter('Delimiter')],
    summary: 'All values in one text with Delimiter (a space without it) between them.',
    compile: compileJoin,
  },
  {
    name: 'Select',
    family: 'list',
    parameters: [variable, attribute, requiredParameter('function')],
    summary: 'What the function gives for each value: Select($item, [otherPhone], Replace($item, "-", "")).',
    bindsIn: 2,
    compile: (site) => eachValue(site, (_value, result) => toValues(result)),
  },
  {
    name: 'Split',
    family: 'list',
    parameters: [requiredParameter('value'), requiredParameter('delimiter'), optionalParameter('limit')],
    summary: 'The parts between delimiters of one character; with limit at most so many.',
    compile: compileSplit,
  },
  {
    name: 'Where',
    family: 'list',
    parameters: [variable, attribute, requiredParameter('condition')],
    summary:
      'The values for which the condition is true: Where($item, [proxyAddresses], InStr($item, "SMTP:") = 1).',
    bindsIn: 2,
    compile: (site) =>
      eachValue(site, (value, result, argument) => (truthOf(argument, result) ? [value] : [])),
  },
];
