import type { Link } from '../model/link.ts';
import type { StagedObject } from '../model/staged-object.ts';
import { earliest } from '../rules/earliest.ts';
import type { Projection } from '../rules/projection.ts';
import type { Lifecycle } from '../rules/rule-set.ts';
import { isMadeAnew } from './is-made-anew.ts';
import { lackOf } from './lack-of.ts';
import { canonical, type Operation, type Reason, type ValueChange } from './operation.ts';
import { planReferences, type ResolvedReference } from './plan-references.ts';
import { versionOf } from './version-of.ts';

export interface PlanInput {
  readonly sync: {
    readonly name: string;
    readonly targetClass: Link['cloudClass'];
    readonly lifecycle: Lifecycle;
  };
  readonly staged: StagedObject;
  readonly link: Link | null;
  /** Absent for a tombstone: what is gone has no values. */
  readonly projection: Extract<Projection, { kind: 'in' | 'out' }> | null;
  readonly references: Readonly<Record<string, ResolvedReference | null>>;
  readonly isAppliedUnknown: boolean;
  /** Epoch ms. */
  readonly now: number;
}

export interface ObjectPlan {
  readonly operations: readonly Operation[];
  /** What to remember about leaving; null when the object belongs. */
  readonly leaving: Link['leaving'];
  /** Epoch ms when it must be planned again without any change. */
  readonly reviewAt: number | null;
  /** References that wait for their target to be in the cloud. */
  readonly waitingFor: readonly { readonly name: string; readonly targetKey: string }[];
  readonly problems: readonly { readonly target: string; readonly message: string }[];
  /** Why a creation waits for a person's word (a mailbox on premises); null mostly. */
  readonly holdCreate: string | null;
}

/**
 * What must be done so that the cloud object is what the rules make of the source object. Decides only; nothing here
 * knows budgets, tokens or time but `now`. Applied in full, the same input plans nothing (tested as a property).
 */
export function planObject(input: PlanInput): ObjectPlan {
  if (input.projection === null) return planLeaving(input, 'deleted');
  if (input.projection.kind === 'out') {
    const plan = planLeaving(input, 'left-scope');
    return { ...plan, reviewAt: earliest(plan.reviewAt, input.projection.reviewAt) };
  }
  return planBelonging(input, input.projection);
}

const done = (leaving: Link['leaving'], reviewAt: number | null = null): ObjectPlan => ({
  operations: [],
  leaving,
  reviewAt,
  waitingFor: [],
  problems: [],
  holdCreate: null,
});

/** Disabled first, deleted after the time of grace; each only once. */
function planLeaving(input: PlanInput, cause: 'deleted' | 'left-scope'): ObjectPlan {
  const { link, now, sync } = input;
  if (link?.state !== 'live') return done(link?.leaving ?? null);
  const rule = cause === 'deleted' ? sync.lifecycle.deleted : sync.lifecycle.leftScope;
  const since = link.leaving?.cause === cause ? link.leaving.since : now;
  const leaving = { cause, since };
  if (rule.action === 'keep') return done(leaving);
  const deleteAt = rule.deleteAfterMs === null ? null : since + rule.deleteAfterMs;
  const common = {
    key: input.staged.key,
    cloudClass: link.cloudClass,
    reasons: [lifecycleReason(input, cause)],
  };
  if (deleteAt !== null && deleteAt <= now) {
    return { ...done(leaving), operations: [{ ...common, kind: 'delete', cloudId: link.cloudId }] };
  }
  if (rule.action !== 'disable' || link.cloudClass !== 'user') return done(leaving, deleteAt);
  const before = booleanOrNull(link.applied['accountEnabled']);
  const operations = planDisable(input, link, common.reasons, before === false ? null : { before });
  if (input.isAppliedUnknown && before === false)
    operations.unshift({
      ...common,
      kind: 'update',
      cloudId: link.cloudId,
      changes: { accountEnabled: { before, after: false } },
    });
  return { ...done(leaving, deleteAt), operations };
}

/** Disabled first, then thrown out. What was disabled and not thrown out, since the turn ended in between, is so now. */
function planDisable(
  input: PlanInput,
  link: Link,
  reasons: readonly Reason[],
  disable: { readonly before: boolean | null } | null,
): Operation[] {
  const common = {
    key: input.staged.key,
    cloudClass: link.cloudClass,
    cloudId: link.cloudId,
    reasons,
  };
  const operations: Operation[] = [];
  if (disable !== null) operations.push({ ...common, kind: 'disable', before: disable.before });
  const isRevoked = disable === null && link.owesRevocation !== true;
  if (!isRevoked && input.sync.lifecycle.disabled.revokeSessions)
    operations.push({ ...common, kind: 'revoke-sessions' });
  return operations;
}

function planBelonging(input: PlanInput, projection: Extract<Projection, { kind: 'in' }>): ObjectPlan {
  const { link } = input;
  const isFresh = isMadeAnew(link, input.sync.lifecycle);
  const references = planReferences({
    key: input.staged.key,
    cloudClass: input.sync.targetClass,
    sync: input.sync.name,
    cloudId: isFresh ? null : (link?.cloudId ?? null),
    applied: isFresh ? {} : (link?.appliedReferences ?? {}),
    isAppliedUnknown: input.isAppliedUnknown,
    wanted: input.references,
    versionOf: (name) => versionOf(input.staged, name),
  });
  const common = { key: input.staged.key, cloudClass: input.sync.targetClass };
  const plan = (operations: readonly Operation[], holdCreate: string | null = null): ObjectPlan => ({
    operations: holdCreate === null ? [...operations, ...references.operations] : operations,
    leaving: null,
    reviewAt: projection.reviewAt,
    waitingFor: references.waitingFor,
    problems: projection.problems,
    holdCreate,
  });
  if (link === null || isFresh) {
    // Entra would refuse it. Where it may be there already, it is looked for all the same.
    if (!input.isAppliedUnknown && lackOf(common.cloudClass, projection.problems) !== null)
      return { ...plan([]), operations: [] };
    const values = Object.fromEntries(
      Object.entries({ ...projection.values, ...projection.createOnly }).filter(
        ([, value]) => value !== null,
      ),
    );
    const reasons = [{ rule: `${input.sync.name}.scope`, version: versionOf(input.staged, null) }];
    const { anchor, chosen } = projection;
    const redacted = Object.keys(values).filter((path) => projection.redacted?.includes(path));
    const marks = {
      ...(chosen === undefined ? {} : { chosen }),
      ...(redacted.length === 0 ? {} : { redacted }),
    };
    return plan([{ ...common, kind: 'create', anchor, values, ...marks, reasons }], projection.holdCreate);
  }
  const restore: Operation[] = [];
  if (link.state === 'deleted')
    restore.push({
      ...common,
      kind: 'restore',
      cloudId: link.cloudId,
      reasons: [{ rule: `${input.sync.name}.lifecycle.returned`, version: versionOf(input.staged, null) }],
    });
  return plan([...restore, ...planValues(input, link, projection)]);
}

/** One update for the ordinary values; enabling and disabling are operations of their own, since the guard counts them. */
function planValues(
  input: PlanInput,
  link: Link,
  projection: Extract<Projection, { kind: 'in' }>,
): Operation[] {
  const { staged, sync } = input;
  const isUnknown = input.isAppliedUnknown || link.isFound === true;
  const isLeaver = sync.lifecycle.disabled.action === 'disable' && !projection.isResourceMailbox;
  const common = { key: staged.key, cloudClass: link.cloudClass, cloudId: link.cloudId };
  const changes: Record<string, ValueChange> = {};
  const reasons: Reason[] = [];
  const operations: Operation[] = [];
  for (const [path, after] of Object.entries(projection.values)) {
    const before = link.applied[path] ?? null;
    const isSame = canonical(before) === canonical(after) && !isUnknown;
    const reason = { rule: `${sync.name}.${path}`, version: versionOf(staged, null) };
    if (path === 'accountEnabled') {
      if (after !== true && !isLeaver) continue;
      // Written again only because nobody knows what stands there: that enables and disables nobody, so it is a value.
      const isRepeated = typeof after === 'boolean' && before === after;
      operations.push(...planAccount(input, link, reason, { before, after, isDue: !isSame && !isRepeated }));
      if (!isRepeated) continue;
    }
    if (isSame) continue;
    const isRedacted = projection.redacted?.includes(path) === true;
    changes[path] = isRedacted ? { before, after, isRedacted } : { before, after };
    reasons.push(reason);
  }
  if (isEnabledByReturn(link, projection)) {
    const reason = { rule: `${sync.name}.lifecycle.returned`, version: versionOf(staged, null) };
    operations.push({ ...common, kind: 'enable', before: false, reasons: [reason] });
  }
  if (reasons.length > 0) operations.unshift({ ...common, kind: 'update', changes, reasons });
  return operations;
}

/** Disabled by us because it left, and no flow says now whether it is enabled. One that was made disabled stays so. */
function isEnabledByReturn(link: Link, projection: Extract<Projection, { kind: 'in' }>): boolean {
  if ('accountEnabled' in projection.values || projection.createOnly['accountEnabled'] === false)
    return false;
  return link.applied['accountEnabled'] === false && (link.leaving !== null || link.owesEnabling === true);
}

function planAccount(
  input: PlanInput,
  link: Link,
  reason: Reason,
  change: ValueChange & { readonly isDue: boolean },
): Operation[] {
  const before = booleanOrNull(change.before);
  if (change.after !== true) return planDisable(input, link, [reason], change.isDue ? { before } : null);
  const common = { key: input.staged.key, cloudClass: link.cloudClass, cloudId: link.cloudId };
  return change.isDue ? [{ ...common, kind: 'enable', before, reasons: [reason] }] : [];
}

function lifecycleReason(input: PlanInput, cause: 'deleted' | 'left-scope'): Reason {
  const rule = `${input.sync.name}.lifecycle.${cause === 'deleted' ? 'deleted' : 'leftScope'}`;
  return { rule, version: versionOf(input.staged, null) };
}

function booleanOrNull(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
