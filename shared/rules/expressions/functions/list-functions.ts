import { isNotCoercible, toText } from '../coercions.ts';
import { ExpressionError } from '../expression-error.ts';
import {
  indexOf,
  present,
  repeatingParameter,
  required,
  requiredParameter,
  textOf,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';
import { fromValues, toValues } from '../runtime-value.ts';

function compileItem(site: CallSite): Closure {
  const attribute = required(site, 0);
  const index = required(site, 1);
  return (evaluation) => {
    const values = toValues(attribute.run(evaluation));
    const at = indexOf(index, evaluation, 0);
    if (at < 1)
      throw new ExpressionError(
        'out-of-range',
        `${index.label} is less than 1, the first value`,
        index.column,
      );
    if (values.length === 0) return null;
    const value = values[at - 1];
    if (value === undefined)
      throw new ExpressionError(
        'out-of-range',
        `${index.label} is more than the number of values`,
        index.column,
      );
    return value;
  };
}

/** Empty values are left out: the reference's example Join(", ", "", [surname], [givenName]) gives "Doe, John". */
function compileJoin(site: CallSite): Closure {
  const separator = required(site, 0);
  const sources = present(site, 1);
  return (evaluation) => {
    const between = textOf(separator, evaluation) ?? '';
    const parts: string[] = [];
    for (const source of sources)
      for (const value of toValues(source.run(evaluation))) {
        const text = toText(value);
        if (isNotCoercible(text))
          throw new ExpressionError('type', `${source.label} ${text.reason}`, source.column);
        if (text === null || text === '') continue;
        evaluation.charge(text.length + between.length, source.column);
        parts.push(text);
      }
    return parts.join(between);
  };
}

/** Parts are trimmed: the reference splits "PermissionSetOne, PermissionSetTwo" by "," into names without blanks. */
function compileSplit(site: CallSite): Closure {
  const source = required(site, 0);
  const delimiter = required(site, 1);
  return (evaluation) => {
    const text = textOf(source, evaluation);
    const mark = textOf(delimiter, evaluation) ?? '';
    if (mark === '')
      throw new ExpressionError('bad-argument', `${delimiter.label} is empty`, delimiter.column);
    if (text === null) return null;
    evaluation.charge(text.length * 2, site.column);
    return fromValues(text.split(mark).map((part) => part.trim()));
  };
}

function compileRemoveDuplicates(site: CallSite): Closure {
  const attribute = required(site, 0);
  return (evaluation) => {
    const values = toValues(attribute.run(evaluation));
    const seen = new Set<string>();
    return fromValues(
      values.filter((value) => {
        const text = toText(value);
        if (text === null || isNotCoercible(text)) return true;
        const isNew = !seen.has(text);
        seen.add(text);
        return isNew;
      }),
    );
  };
}

export const listFunctions: readonly FunctionDefinition[] = [
  {
    name: 'Count',
    family: 'list',
    parameters: [requiredParameter('attribute')],
    summary: 'The number of values of a multi-valued attribute.',
    compile: (site) => {
      const attribute = required(site, 0);
      return (evaluation) => toValues(attribute.run(evaluation)).length;
    },
  },
  {
    name: 'Item',
    family: 'list',
    parameters: [requiredParameter('attribute'), requiredParameter('index')],
    summary: 'One value of a multi-valued attribute; the first is 1.',
    compile: compileItem,
  },
  {
    name: 'Join',
    family: 'list',
    parameters: [requiredParameter('separator'), repeatingParameter('source')],
    summary:
      'All values of all sources in one text, with the separator between them; empty ones are left out.',
    compile: compileJoin,
  },
  {
    name: 'RemoveDuplicates',
    family: 'list',
    parameters: [requiredParameter('attribute')],
    summary: 'The values of a multi-valued attribute, each once.',
    compile: compileRemoveDuplicates,
  },
  {
    name: 'Split',
    family: 'list',
    parameters: [requiredParameter('source'), requiredParameter('delimiter')],
    summary: 'The parts of a text between delimiters, without blanks around them.',
    compile: compileSplit,
  },
];
