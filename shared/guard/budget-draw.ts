import { canonical, type Operation, type ValueChange } from '../plan/operation.ts';
import { partUpdate } from '../plan/part-update.ts';
import { isTemporaryName } from '../plan/temporary-name.ts';
import type { BudgetName } from '../rules/rule-set.ts';

/** What an operation draws on. A path has a budget of its own: one attribute vanishing from many objects is the sign. */
export interface BudgetDraw {
  readonly budget: BudgetName;
  readonly path: string | null;
}

/** The budget an operation draws on; null for what destroys nothing. An update must have been parted before. */
export function budgetDrawOf(operation: Operation): BudgetDraw | null {
  switch (operation.kind) {
    case 'delete':
    case 'disable':
      return { budget: operation.kind, path: null };
    case 'remove-member':
      return { budget: 'removeMembers', path: null };
    case 'clear-reference':
      // Not recorded: it is taken away only because an unrecorded write may have set it.
      return operation.before === null ? null : { budget: 'blank', path: operation.name };
    case 'update': {
      const [entry, ...others] = Object.entries(operation.changes);
      return entry === undefined || others.length > 0 ? null : drawOfChange(...entry);
    }
    default:
      return null;
  }
}

/** Operations as the guard counts them: an update in parts, everything else as it is planned. */
export function countedOperations(operations: readonly Operation[]): readonly Operation[] {
  return operations.flatMap((one): readonly Operation[] =>
    one.kind === 'update' ? partUpdate(one, (path, change) => drawOfChange(path, change) !== null) : [one],
  );
}

/** They say what kind of group it is: who may be addressed by it, and whether it grants access. */
const groupTypePaths = new Set(['mailEnabled', 'securityEnabled', 'groupTypes']);

function drawOfChange(path: string, { before, after }: ValueChange): BudgetDraw | null {
  if (isEmpty(before)) return null;
  if (isEmpty(after)) return { budget: 'blank', path };
  if (canonical(before) === canonical(after)) return null;
  if (path === 'userPrincipalName') return isTemporaryName(before) ? null : { budget: 'rename', path: null };
  return groupTypePaths.has(path) ? { budget: 'groupType', path: null } : null;
}

function isEmpty(value: unknown): boolean {
  return (
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  );
}
