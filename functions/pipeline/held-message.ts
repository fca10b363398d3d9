import type { BudgetDraw } from '../../shared/guard/budget-draw.ts';

/** Why a budget held something: what it is about, how much was spent, what may be behind it, and what follows. */
export function heldMessage({ budget, path }: BudgetDraw, count: number, spent: string): string {
  switch (budget) {
    case 'blank':
      return `${path ?? ''} would be emptied: ${spent}. Either the right to read what it is made of was lost, or it was really cleared: repair the right, or approve`;
    case 'removeMembers':
      return `${count === 1 ? '1 member' : `${count} members`} would be taken out: ${spent}`;
    case 'rename':
      return `userPrincipalName would change: ${spent}`;
    case 'groupType':
      return `the type of the group would change: ${spent}`;
    case 'delete':
    case 'disable':
      return spent;
  }
}
