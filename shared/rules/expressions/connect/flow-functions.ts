import { ExpressionError } from '../expression-error.ts';
import {
  repeatingParameter,
  required,
  requiredParameter,
  textOf,
  present,
  truthOf,
  type Argument,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';
import { valueTest } from '../functions/logic-functions.ts';
import { fromValues, isList, type RuntimeValue } from '../runtime-value.ts';

/** A condition over a list decides value by value; only the branch that is taken is looked at. */
function compileIif(site: CallSite): Closure {
  const condition = required(site, 0);
  const whenTrue = required(site, 1);
  const whenFalse = required(site, 2);
  return (evaluation) => {
    const verdicts = condition.run(evaluation);
    if (!isList(verdicts)) return (truthOf(condition, verdicts) ? whenTrue : whenFalse).run(evaluation);
    const taken = new Map<Argument, RuntimeValue>();
    const at = (branch: Argument, index: number): RuntimeValue => {
      if (!taken.has(branch)) taken.set(branch, branch.run(evaluation));
      const value = taken.get(branch) ?? null;
      return isList(value) ? (value[index] ?? null) : value;
    };
    return fromValues(
      verdicts.map((verdict, index) => {
        const value = at(truthOf(condition, verdict) ? whenTrue : whenFalse, index);
        return isList(value) ? null : value;
      }),
    );
  };
}

/** Documented: all conditions are evaluated, the value behind the first true one is given. */
function compileSwitch(site: CallSite): Closure {
  const given = present(site);
  if (given.length !== site.arguments.length || given.length % 2 !== 0)
    throw new ExpressionError('arity', 'Switch takes pairs of a condition and a value', site.column);
  return (evaluation) => {
    let chosen: Argument | undefined;
    for (let index = 0; index < given.length; index += 2) {
      const condition = given[index];
      if (condition !== undefined && truthOf(condition, condition.run(evaluation)))
        chosen ??= given[index + 1];
    }
    return chosen?.run(evaluation) ?? null;
  };
}

/** The subexpression is computed once, however often the variable stands in the expression. */
function compileWith(site: CallSite): Closure {
  const variable = required(site, 0);
  const subExpression = required(site, 1);
  const expression = required(site, 2);
  return (evaluation) => {
    const name = textOf(variable, evaluation) ?? '';
    return evaluation.bind(name, subExpression.run(evaluation), () => expression.run(evaluation));
  };
}

function compileError(site: CallSite): Closure {
  const message = required(site, 0);
  return (evaluation) => {
    throw new ExpressionError('custom', textOf(message, evaluation) ?? '', site.column);
  };
}

export const connectFlowFunctions: readonly FunctionDefinition[] = [
  {
    name: 'Error',
    family: 'flow',
    parameters: [requiredParameter('ErrorMessage')],
    summary: 'Stops the flow with a message of the rule’s own.',
    compile: compileError,
  },
  {
    name: 'IIF',
    family: 'logic',
    parameters: [
      requiredParameter('condition'),
      requiredParameter('valueIfTrue'),
      requiredParameter('valueIfFalse'),
    ],
    summary: 'valueIfTrue where the condition is true, else valueIfFalse; over several values one by one.',
    compile: compileIif,
  },
  valueTest('IsEmpty', 'True where the value is there and an empty text.', (value) => value === ''),
  {
    name: 'Switch',
    family: 'logic',
    parameters: [requiredParameter('expr1'), repeatingParameter('value1, expr2, value2')],
    summary: 'The value behind the first condition that is true; nothing where none is.',
    compile: compileSwitch,
  },
  {
    name: 'With',
    family: 'flow',
    parameters: [
      requiredParameter('variable'),
      requiredParameter('subExpression'),
      requiredParameter('complexExpression'),
    ],
    summary: 'The last expression, in which the variable stands for the subexpression.',
    bindsIn: 2,
    compile: compileWith,
  },
];
