import { ExpressionError } from '../expression-error.ts';
import { FlowIgnored } from '../evaluation.ts';
import {
  repeatingParameter,
  required,
  requiredParameter,
  textOf,
  present,
  type CallSite,
  type Closure,
  type FunctionDefinition,
} from '../function-definition.ts';
import { fromValues, toValues } from '../runtime-value.ts';

function compileIgnoreFlow(site: CallSite): Closure {
  const expression = required(site, 0);
  return (evaluation) => {
    const value = expression.run(evaluation);
    if (value === null || value === '') throw new FlowIgnored();
    return value;
  };
}

function compileRedact(site: CallSite): Closure {
  const value = required(site, 0);
  return (evaluation) => {
    evaluation.redact();
    return value.run(evaluation);
  };
}

function compileSelectUniqueValue(site: CallSite): Closure {
  const rules = present(site);
  return (evaluation) => {
    for (const rule of rules) {
      const text = textOf(rule, evaluation);
      if (text !== null && text !== '' && !evaluation.exists(text)) return text;
    }
    throw new ExpressionError('escrow', 'every value that SelectUniqueValue offers is taken', site.column);
  };
}

/** An assignment is the name of its role, or JSON with the role in `value` (or `displayName`). */
function roleOf(assignment: string): string {
  if (!assignment.startsWith('{')) return assignment;
  try {
    const parsed = JSON.parse(assignment) as { readonly value?: unknown; readonly displayName?: unknown };
    const name = parsed.value ?? parsed.displayName;
    return typeof name === 'string' ? name : assignment;
  } catch {
    return assignment;
  }
}

function compileSingleRole(site: CallSite): Closure {
  const assignments = required(site, 0);
  return (evaluation) => {
    const roles = toValues(assignments.run(evaluation));
    if (roles.length > 1)
      throw new ExpressionError(
        'type',
        `${assignments.label} has several values, which SingleAppRoleAssignment does not support`,
        assignments.column,
      );
    const [role] = roles;
    return typeof role === 'string' ? roleOf(role) : (role ?? null);
  };
}

function compileRoles(site: CallSite): Closure {
  const assignments = required(site, 0);
  return (evaluation) =>
    fromValues(
      toValues(assignments.run(evaluation)).map((one) => (typeof one === 'string' ? roleOf(one) : one)),
    );
}

/** Both forms give the same roles; they differ in what a SCIM target does with those it has besides. */
const rolesFunction = (name: string): FunctionDefinition => ({
  name,
  family: 'flow',
  parameters: [requiredParameter('appRoleAssignments')],
  summary: 'The roles of all assignments.',
  compile: compileRoles,
});

export const flowFunctions: readonly FunctionDefinition[] = [
  rolesFunction('AppRoleAssignmentsComplex'),
  rolesFunction('AssertiveAppRoleAssignmentsComplex'),
  {
    name: 'IgnoreFlowIfNullOrEmpty',
    family: 'flow',
    parameters: [requiredParameter('Expression')],
    summary: 'The value; where it is nothing or an empty text the target is left as it is.',
    compile: compileIgnoreFlow,
  },
  {
    name: 'Redact',
    family: 'flow',
    parameters: [requiredParameter('value')],
    summary: 'The value, which stands as [Redact] in logs and in the journal.',
    compile: compileRedact,
  },
  {
    name: 'SelectUniqueValue',
    family: 'flow',
    parameters: [requiredParameter('uniqueValueRule1'), repeatingParameter('uniqueValueRule')],
    summary:
      'The first value that nobody in the target has; must be the outermost function. Where all are taken the object waits for a person.',
    compile: compileSelectUniqueValue,
  },
  {
    name: 'SingleAppRoleAssignment',
    family: 'flow',
    parameters: [requiredParameter('appRoleAssignments')],
    summary: 'The one role of the assignments; an error where there are several.',
    compile: compileSingleRole,
  },
];
