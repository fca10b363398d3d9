import { walk, type Expression } from './ast.ts';
import type { Syntax } from './syntax.ts';

export type LintCode = 'iif-empty' | 'switch-empties' | 'several-values';

/** Something that compiles and probably does not do what was meant. */
export interface LintFinding {
  readonly code: LintCode;
  readonly message: string;
  readonly hint: string;
  /** From 1, in the text of the expression. */
  readonly column: number;
}

type Call = Expression & { readonly kind: 'call' };

/** Never empty in Active Directory. */
const alwaysThere: ReadonlySet<string> = new Set([
  'accountExpires',
  'cn',
  'distinguishedName',
  'groupType',
  'name',
  'objectGUID',
  'objectSid',
  'sAMAccountName',
  'sAMAccountType',
  'userAccountControl',
  'whenChanged',
  'whenCreated',
]);

/** The schema of Active Directory lets them have several values, and in practice they do. */
const severalValued: ReadonlySet<string> = new Set([
  'memberOf',
  'objectClass',
  'otherHomePhone',
  'otherMailbox',
  'otherMobile',
  'otherTelephone',
  'proxyAddresses',
  'servicePrincipalName',
  'url',
]);

/** Take a list as it is, or make one value of it. */
const takeLists: ReadonlySet<string> = new Set([
  'Count',
  'IsNull',
  'IsNullOrEmpty',
  'IsPresent',
  'Item',
  'Join',
  'RemoveDuplicates',
]);

/** The documented traps of the language, in an expression that compiles. */
export function lintExpression(
  tree: Expression,
  syntax: Syntax,
  target: { readonly isEmptiedByNull: boolean; readonly takesList: boolean },
): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  walk(tree, (node) => {
    if (node.kind === 'call' && node.name === 'IIF' && syntax === 'cloud-sync')
      findings.push(...lintIif(node));
    if (node.kind === 'call' && node.name === 'Switch' && target.isEmptiedByNull)
      findings.push(...(syntax === 'cloud-sync' ? lintSwitch(node) : lintConditions(node)));
    return true;
  });
  if (syntax === 'cloud-sync') findings.push(...lintLists(tree, target.takesList));
  return findings;
}

/** The condition is false where an attribute in it is empty: a test for just that can never be true. */
function lintIif({ arguments: [condition] }: Call): readonly LintFinding[] {
  if (condition === undefined) return [];
  const findings: LintFinding[] = [];
  const visit = (node: Expression, isTurned: boolean): void => {
    if (node.kind === 'call' && node.name === 'Coalesce') return;
    if (node.kind === 'attribute' && isTurned && !alwaysThere.has(node.name))
      findings.push({
        code: 'iif-empty',
        message: `where [${node.name}] is empty, this IIF takes its last value whatever the condition says`,
        hint: `Switch([${node.name}], …, "", …) knows the empty value, and Coalesce([${node.name}], "") stands for it.`,
        column: node.column,
      });
    const turns =
      (node.kind === 'call' && ['IsNull', 'IsNullOrEmpty', 'Not'].includes(node.name)) ||
      (node.kind === 'binary' && node.operator === '<>');
    for (const child of childrenOf(node)) visit(child, isTurned || turns);
  };
  visit(condition, false);
  return findings;
}

function childrenOf(node: Expression): readonly Expression[] {
  if (node.kind === 'call') return node.arguments;
  return node.kind === 'binary' ? [node.left, node.right] : [];
}

const isNothing = (node: Expression | undefined): boolean =>
  node === undefined || node.kind === 'empty' || (node.kind === 'text' && node.value === '');

function lintSwitch({ arguments: [, fallback], column }: Call): readonly LintFinding[] {
  if (!isNothing(fallback)) return [];
  const message = 'whatever this Switch does not name empties the property in the cloud';
  return [
    { code: 'switch-empties', message, hint: 'Give it a default, or the flow whenNull: keep.', column },
  ];
}

/** Of Connect's Switch: conditions and values in turn, nothing where none is true. */
function lintConditions({ arguments: given, column }: Call): readonly LintFinding[] {
  const last = given.at(-2);
  if (last?.kind === 'constant' && last.name === 'True') return [];
  const message = 'where no condition of this Switch is true, the property is emptied in the cloud';
  return [
    {
      code: 'switch-empties',
      message,
      hint: 'End it with True and a value, or give the flow whenNull: keep.',
      column,
    },
  ];
}

function lintLists(tree: Expression, takesList: boolean): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const visit = (node: Expression, isTaken: boolean): void => {
    if (node.kind === 'attribute' && !isTaken && severalValued.has(node.name))
      findings.push({
        code: 'several-values',
        message: `[${node.name}] may have several values, of which nothing here chooses one`,
        hint: `Item([${node.name}], 1) is the first, Join(",", [${node.name}]) all of them.`,
        column: node.column,
      });
    const takes = node.kind === 'call' && takeLists.has(node.name);
    for (const child of childrenOf(node)) visit(child, takes);
  };
  visit(tree, takesList);
  return findings;
}
