import { walk, type Expression } from '../ast.ts';
import { toText, isNotCoercible } from '../coercions.ts';
import type { Evaluation } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import {
  booleanOf,
  optionalParameter,
  present,
  repeatingParameter,
  required,
  requiredParameter,
  textOf,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';
import { fromValues, toValues, type RuntimeValue } from '../runtime-value.ts';

const expression = requiredParameter('Expression');

function compileCoalesce(site: CallSite): Closure {
  const sources = present(site);
  return (evaluation) => {
    for (const source of sources) {
      const value = source.run(evaluation);
      if (value !== null) return value;
    }
    return null;
  };
}

/**
 * Attributes a condition reads outside Coalesce. Microsoft documents that a condition fails when one of them is empty, whatever
 * the condition says of it, IsNullOrEmpty included: rules carried over must come to the same values here.
 */
function decisiveAttributes(condition: Expression): readonly string[] {
  const names: string[] = [];
  walk(condition, (node) => {
    if (node.kind === 'attribute') names.push(node.name);
    return !(node.kind === 'call' && node.name === 'Coalesce');
  });
  return names;
}

function compileIif(site: CallSite): Closure {
  const condition = required(site, 0);
  const whenTrue = required(site, 1);
  const whenFalse = required(site, 2);
  const attributes = decisiveAttributes(condition.node);
  const isEmpty = (evaluation: Evaluation, name: string): boolean => {
    const value = evaluation.read(name);
    return value === null || value === '';
  };
  return (evaluation) => {
    const isTrue = !attributes.some((name) => isEmpty(evaluation, name)) && booleanOf(condition, evaluation);
    return (isTrue ? whenTrue : whenFalse).run(evaluation);
  };
}

function compileSwitch(site: CallSite): Closure {
  const source = required(site, 0);
  const defaultValue = site.arguments[1];
  const pairs = site.arguments.slice(2);
  if (pairs.length % 2 !== 0)
    throw new ExpressionError(
      'arity',
      'Switch takes an even number of arguments: source, default, then pairs of key and value',
      site.column,
      'To do without a default leave it empty: Switch([c], , "DE", "Germany").',
    );
  return (evaluation) => {
    // A missing source matches the key "", as documented.
    const text = textOf(source, evaluation) ?? '';
    for (let index = 0; index < pairs.length; index += 2) {
      const key = pairs[index];
      if (key !== undefined && (textOf(key, evaluation) ?? '') === text)
        return pairs[index + 1]?.run(evaluation) ?? null;
    }
    return defaultValue?.run(evaluation) ?? null;
  };
}

function compileNot(site: CallSite): Closure {
  const source = required(site, 0);
  return (evaluation) => {
    const text = toText(source.run(evaluation));
    // Documented: everything but True turns into True.
    return isNotCoercible(text) || text?.toLowerCase() !== 'true';
  };
}

/** A test of a value for being there; a list is tested as a whole. */
export function valueTest(
  name: string,
  summary: string,
  decide: (value: RuntimeValue) => boolean,
): FunctionDefinition {
  return {
    name,
    family: 'logic',
    parameters: [expression],
    summary,
    compile: (site) => {
      const value = required(site, 0);
      return (evaluation) => decide(fromValues(toValues(value.run(evaluation))));
    },
  };
}

export const logicFunctions: readonly FunctionDefinition[] = [
  {
    name: 'CBool',
    family: 'logic',
    parameters: [expression],
    summary: 'True where the expression is true or a number other than 0; false where it is nothing.',
    compile: (site) => {
      const value = required(site, 0);
      return (evaluation) => booleanOf(value, evaluation);
    },
  },
  {
    name: 'Coalesce',
    family: 'logic',
    parameters: [repeatingParameter('source')],
    summary: 'The first source that is not nothing; the last one serves as default.',
    compile: compileCoalesce,
  },
  {
    name: 'IIF',
    family: 'logic',
    parameters: [
      requiredParameter('condition'),
      requiredParameter('valueIfTrue'),
      requiredParameter('valueIfFalse'),
    ],
    summary:
      'valueIfTrue where the condition is true, else valueIfFalse. The condition fails where an attribute in it (outside Coalesce) is empty, even inside IsNullOrEmpty: use Switch with the key "" for that.',
    compile: compileIif,
  },
  valueTest('IsNull', 'True where the attribute is absent.', (value) => value === null),
  valueTest(
    'IsNullOrEmpty',
    'True where the value is absent or an empty text.',
    (value) => value === null || value === '',
  ),
  valueTest(
    'IsPresent',
    'True where the value is there and not an empty text.',
    (value) => value !== null && value !== '',
  ),
  valueTest('IsString', 'True where the value is a text.', (value) => typeof value === 'string'),
  {
    name: 'Not',
    family: 'logic',
    parameters: [requiredParameter('source')],
    summary: 'False where the source is True, else True.',
    compile: compileNot,
  },
  {
    name: 'Switch',
    family: 'logic',
    parameters: [
      requiredParameter('source'),
      optionalParameter('defaultValue'),
      repeatingParameter('key, value'),
    ],
    summary:
      'The value behind the key that equals the source (case-sensitive; an absent source equals the key ""), else defaultValue.',
    compile: compileSwitch,
  },
];
