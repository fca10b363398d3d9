import { isBinaryAttribute } from './attribute-names.ts';
import { compileFlow } from './compile-flow.ts';
import { parseDuration } from './duration.ts';
import { keyFromGuidText } from '../model/guid.ts';
import type { RuleProblem, RuleWarning } from './rule-problem.ts';
import type { AnchorRule, BudgetName, Budgets, Flow, LeaveRule, Lifecycle, Scope, Sync } from './rule-set.ts';
import { targetProperties } from './target-properties.ts';
import { suggest } from './expressions/suggest.ts';
import { SyncCompiler, type SyncSource } from './sync-compiler.ts';

export type SyncResult =
  | { readonly ok: true; readonly sync: Sync; readonly warnings: readonly RuleWarning[] }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/** Compiles one sync; every problem is told, not the first alone. */
export function compileSync(source: SyncSource): SyncResult {
  const compiler = new SyncCompiler(source);
  const { content, name } = source;
  checkEnds(compiler);
  // Every flow would be told wrong where the class itself is.
  if (content.from.class !== content.to.class) return { ok: false, problems: compiler.problems };
  const targetClass = content.to.class;
  const flows = Object.entries(content.flows).flatMap(([target, flow]): readonly Flow[] => {
    const compiled = compileFlow(compiler, target, flow);
    return compiled === null ? [] : [compiled];
  });
  checkRequired(compiler);
  const sync: Sync = {
    name,
    connector: content.from.connector,
    cloudConnector: content.to.connector,
    sourceClass: content.from.class,
    targetClass,
    precedence: content.precedence ?? 100,
    scope: compileScope(compiler),
    anchor: compileAnchor(compiler),
    match: compileMatch(compiler),
    lifecycle: compileLifecycle(compiler),
    budgets: compileBudgets(compiler, targetClass),
    flows: flows.sort((a, b) => (targetOf(a) < targetOf(b) ? -1 : 1)),
  };
  const { problems, warnings } = compiler;
  return problems.length === 0 ? { ok: true, sync, warnings } : { ok: false, problems };
}

function targetOf(flow: Flow): string {
  return flow.kind === 'value' ? flow.target.path : flow.target;
}

function checkEnds(compiler: SyncCompiler): void {
  const { content, connectors } = compiler.source;
  const ends = [
    { side: 'from', end: content.from, type: 'active-directory' },
    { side: 'to', end: content.to, type: 'entra' },
  ] as const;
  for (const { side, end, type } of ends) {
    const connector = connectors[end.connector];
    const meant = suggest(end.connector, Object.keys(connectors));
    if (connector === undefined)
      compiler.report(
        [side, 'connector'],
        `there is no connector ${end.connector}`,
        meant === null ? undefined : `Did you mean ${meant}?`,
      );
    else if (connector.type !== type)
      compiler.report(
        [side, 'connector'],
        `${end.connector} is of type ${connector.type}, here stands one of type ${type}`,
      );
  }
  if (content.from.class !== content.to.class)
    compiler.report(['to', 'class'], `a ${content.from.class} cannot become a ${content.to.class}`);
}

function checkRequired(compiler: SyncCompiler): void {
  const { content } = compiler.source;
  const missing = targetProperties
    .filter(
      (one) => one.class === content.to.class && one.isRequired && content.flows[one.path] === undefined,
    )
    .map((one) => one.path);
  if (missing.length > 0)
    compiler.reportKey(
      ['flows'],
      `Entra refuses to create a ${content.to.class} without ${missing.join(', ')}`,
      'Add a flow for each; with apply: create it is written once.',
    );
}

function compileScope(compiler: SyncCompiler): Scope {
  const scope = compiler.source.content.scope ?? {};
  return {
    under: (scope.under ?? []).map((one) =>
      'dn' in one ? { kind: 'dn', dn: one.dn } : { kind: 'guid', key: keyFromGuidText(one.guid) },
    ),
    where: (scope.where ?? []).flatMap(
      (text, index) => compiler.expression(['scope', 'where', index], text) ?? [],
    ),
    exclude: scope.exclude ?? 'defaults',
  };
}

function compileAnchor(compiler: SyncCompiler): AnchorRule {
  const { anchor, to } = compiler.source.content;
  const isUser = to.class === 'user';
  if (anchor === undefined)
    return isUser
      ? { from: ['mS-DS-ConsistencyGuid', 'objectGUID'], to: 'onPremisesImmutableId', as: 'base64' }
      : { from: ['objectGUID'], to: 'uniqueName', as: 'hex' };
  const from = anchor.from.map((name) => compiler.attribute(name));
  const expected = isUser ? 'onPremisesImmutableId' : 'uniqueName';
  if (anchor.to !== expected) compiler.report(['anchor', 'to'], `the anchor of a ${to.class} is ${expected}`);
  if (!isUser && anchor.as === 'base64')
    compiler.report(
      ['anchor', 'as'],
      'base64 has characters (+ / =) that make a group unaddressable by its uniqueName',
      'Use hex.',
    );
  const bytes = from.find((name) => isBinaryAttribute(name));
  if (anchor.as === 'text' && bytes !== undefined)
    compiler.report(['anchor', 'as'], `${bytes} is binary and has no form as text`, 'Use base64 or hex.');
  return { from, to: anchor.to, as: anchor.as };
}

/** A key that does nothing would be trusted: what planning does not carry out yet is refused. */
function compileMatch(compiler: SyncCompiler): Sync['match'] {
  if ((compiler.source.content.match ?? []).length > 0)
    compiler.report(
      ['match'],
      'matching existing cloud objects is not carried out by this version',
      'Leave it out, or write match: []. An existing object is found by its anchor only.',
    );
  return [];
}

const dayMs = 86_400_000;

function compileLifecycle(compiler: SyncCompiler): Lifecycle {
  const { lifecycle = {}, to } = compiler.source.content;
  return {
    disabled: {
      action: lifecycle.disabled?.action ?? 'disable',
      revokeSessions: lifecycle.disabled?.revokeSessions ?? true,
    },
    leftScope: compileLeave(compiler, 'leftScope', to.class),
    deleted: compileLeave(compiler, 'deleted', to.class),
    returned: lifecycle.returned ?? 'restore',
  };
}

/** By default nothing is deleted for thirty days; a group, which cannot be disabled, just stays so long. */
function compileLeave(
  compiler: SyncCompiler,
  part: 'leftScope' | 'deleted',
  target: Sync['targetClass'],
): LeaveRule {
  const rule = compiler.source.content.lifecycle?.[part];
  if (rule === undefined)
    return { action: target === 'user' ? 'disable' : 'delete', deleteAfterMs: 30 * dayMs };
  const after = rule.deleteAfter === undefined ? null : parseDuration(rule.deleteAfter);
  if (rule.action === 'disable' && target === 'group')
    compiler.report(
      ['lifecycle', part, 'action'],
      'a group cannot be disabled',
      'Use delete (with deleteAfter) or keep.',
    );
  if (rule.action === 'keep' && after !== null)
    compiler.reportKey(
      ['lifecycle', part, 'deleteAfter'],
      'keep never deletes',
      'Leave deleteAfter out, or use disable or delete.',
    );
  if (rule.action === 'delete') return { action: 'delete', deleteAfterMs: after ?? 0 };
  return { action: rule.action, deleteAfterMs: rule.action === 'keep' ? null : after };
}

/**
 * What a sync may take away when its rules do not say. A day of ordinary life passes; an OU that moved, a right that was
 * withdrawn or a rule that went wrong does not.
 */
const defaultBudgets: Readonly<Record<Sync['targetClass'], Budgets>> = {
  user: {
    delete: { max: 20, percent: 5, atLeast: 1, perMs: dayMs },
    disable: { max: 50, percent: 5, atLeast: 1, perMs: dayMs },
    blank: { max: 20, percent: 5, atLeast: 3, perMs: dayMs },
    rename: { max: 200, percent: 10, atLeast: 10, perMs: dayMs },
  },
  group: {
    delete: { max: 5, percent: 5, atLeast: 1, perMs: dayMs },
    removeMembers: { max: 500, percent: 20, atLeast: 20, perMs: dayMs },
    blank: { max: 20, percent: 5, atLeast: 3, perMs: dayMs },
    groupType: { max: 5, percent: 5, atLeast: 1, perMs: dayMs },
  },
};

const budgetClasses = { removeMembers: 'group', groupType: 'group', rename: 'user' } as const;

/** Budgets cannot be switched off by leaving them out. */
function compileBudgets(compiler: SyncCompiler, target: Sync['targetClass']): Budgets {
  const { budgets = {} } = compiler.source.content;
  for (const [name, only] of Object.entries(budgetClasses))
    if (budgets[name as keyof typeof budgetClasses] !== undefined && only !== target)
      compiler.reportKey(['budgets', name], `a ${target} has no budget ${name}`, 'Leave it out.');
  const defaults = defaultBudgets[target];
  const given = Object.entries(budgets).flatMap(([name, budget]) => {
    if (budget === undefined) return [];
    const atLeast = budget.atLeast ?? defaults[name as BudgetName]?.atLeast ?? 1;
    const { max, percent } = budget;
    return [[name, { max, percent, atLeast, perMs: parseDuration(budget.per) ?? dayMs }] as const];
  });
  return { ...defaults, ...Object.fromEntries(given) };
}
