import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import { isVanished } from '../../shared/fold/fold-reading.ts';
import { settledAt, settleMs, type Link } from '../../shared/model/link.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import { planObject, type ObjectPlan, type ResolvedReference } from '../../shared/plan/plan-object.ts';
import { earliest } from '../../shared/rules/earliest.ts';
import { project } from '../../shared/rules/project.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import { selectSync } from '../../shared/rules/select-sync.ts';
import type { ObjectRecord, ParkCause } from '../../shared/state/object-record.ts';
import { priorityOf } from '../../shared/state/keys.ts';
import { findUnrecorded } from './find-unrecorded.ts';
import type { Place } from './object-rows.ts';
import { pendingMembers, type PendingMembers } from './pending-members.ts';
import type { Pipeline } from './pipeline.ts';
import { resolveTargets, writeReferences } from './resolve-targets.ts';
import type { RulesInForce } from './rules-source.ts';

/** What looking at an object came to. */
export type Prepared =
  /** Nothing to be written; the row goes, is parked, or comes back when it is due (also where it waits for something). */
  | {
      readonly kind: 'rest';
      readonly record: ObjectRecord;
      readonly park: ParkCause | null;
      readonly dueAt: number | null;
      readonly refresh: Refresh | null;
    }
  | {
      readonly kind: 'refused';
      readonly record: ObjectRecord;
      readonly code: ErrorCode;
      readonly message: string;
      readonly targets: readonly string[];
    }
  | PreparedPlan;

export interface Refresh {
  readonly key: string;
  readonly attributes?: string[];
}

export interface PreparedPlan {
  readonly kind: 'plan';
  readonly record: ObjectRecord;
  readonly sync: Sync;
  readonly plan: ObjectPlan;
  /** Plan and members together. */
  readonly operations: readonly Operation[];
  readonly anchor: string | null;
  readonly caution: { readonly cause: 'vanished' | 'mailbox'; readonly message: string } | null;
  readonly hasMoreMembers: boolean;
}

/** A base is usually on its way in the import; only after this time is it asked for. */
const basePatienceMs = 20_000;
const askAgainMsMin = 600_000;
const askAgainMsMax = 6 * 3_600_000;

/** Evaluates the rules for one object and plans it. Reads whatever the plan depends on; writes only references. */
export async function prepareObject(
  pipeline: Pipeline,
  place: Place,
  loaded: ObjectRecord,
  inForce: RulesInForce | null,
  rank: string,
): Promise<Prepared> {
  const now = pipeline.clock.now();
  if (inForce === null) return rest(loaded, 'no-rules');
  const record: ObjectRecord = { ...loaded, revision: inForce.revision };
  const { staged, link } = record;
  const isDeleted = staged.life?.isDeleted === true;
  if (isDeleted && link === null && isUnknown(record, now))
    return afterLookUp(pipeline, place, record, null, (linked) =>
      prepareObject(pipeline, place, linked, inForce, rank),
    );
  if (isDeleted && link?.state !== 'live') return rest(record, null);
  if (!isDeleted && staged.base === null) return waitForBase(record, now);
  const sync = findSync(inForce, place.connector, record, isDeleted);
  if (sync === null) return rest(record, link?.state === 'live' ? 'no-rules' : null);
  if (isDeleted || (isVanished(staged) && link?.state === 'live'))
    return planGone(record, sync, isDeleted, now);
  const context = {
    now,
    containers: inForce.containers[place.connector] ?? new Map<string, string>(),
    parameters: inForce.rules.parameters,
  };
  const projection = project(sync, staged, context);
  if (projection.kind === 'waiting') return waitForAttributes(record, projection, now);
  if (projection.kind === 'failed') {
    const [problem] = projection.problems;
    return {
      kind: 'refused',
      record,
      code: 'RULE_VALUE',
      message: `${problem?.target ?? 'scope'}: ${problem?.message ?? 'could not be evaluated'}`,
      targets: projection.problems.map((one) => one.target),
    };
  }
  return planProjected(pipeline, place, record, sync, projection, { now, rank });
}

/** Gone for certain, or nowhere to be found, which a person decides about. */
function planGone(record: ObjectRecord, sync: Sync, isDeleted: boolean, now: number): PreparedPlan {
  const { staged, link } = record;
  const message = 'a probe found neither the object nor its tombstone';
  const plan = planObject({
    sync,
    staged,
    link,
    projection: null,
    references: {},
    isAppliedUnknown: isUnknown(record, now),
    now,
  });
  return {
    kind: 'plan',
    record,
    sync,
    plan,
    operations: plan.operations,
    anchor: null,
    caution: isDeleted ? null : { cause: 'vanished', message },
    hasMoreMembers: false,
  };
}

interface Turn {
  readonly now: number;
  readonly rank: string;
}

async function planProjected(
  pipeline: Pipeline,
  place: Place,
  before: ObjectRecord,
  sync: Sync,
  projection: Extract<Projection, { kind: 'in' | 'out' }>,
  turn: Turn,
): Promise<Prepared> {
  const { now } = turn;
  const { staged, link } = before;
  if (projection.kind === 'out' && link === null && isUnknown(before, now))
    return afterLookUp(pipeline, place, before, projection.reviewAt, (linked) =>
      planProjected(pipeline, place, linked, sync, projection, turn),
    );
  if (projection.kind === 'out' && link?.state !== 'live') return rest(before, null, projection.reviewAt);
  if (projection.kind === 'in' && link !== null && link.anchor !== '' && link.anchor !== projection.anchor) {
    return {
      kind: 'refused',
      record: before,
      code: 'ANCHOR_CHANGED',
      message: 'the anchor differs from the one the link was made with',
      targets: [sync.anchor.to],
    };
  }
  const wanted = projection.kind === 'in' ? projection.references : {};
  const { record, references, ripeAt } = await resolveReferences(pipeline, place, before, wanted);
  const plan = planObject({
    sync,
    staged,
    link,
    projection,
    references,
    isAppliedUnknown: isUnknown(record, now),
    now,
  });
  const hasMembers = projection.kind === 'in' && projection.members !== null && link?.state === 'live';
  const members = hasMembers ? await membersOf(pipeline, place, record, link, turn) : noMembers;
  const operations = [...plan.operations, ...memberOperations(record, sync, members)];
  const caution = plan.holdCreate === null ? null : ({ cause: 'mailbox', message: plan.holdCreate } as const);
  const anchor = projection.kind === 'in' ? projection.anchor : null;
  return {
    kind: 'plan',
    record,
    sync,
    plan: { ...plan, reviewAt: earliest(earliest(plan.reviewAt, members.fillAt), ripeAt) },
    operations,
    anchor,
    caution,
    hasMoreMembers: members.hasMore,
  };
}

/** What may have been made for an object that has left meanwhile leaves with it. */
async function afterLookUp(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
  reviewAt: number | null,
  plan: (linked: ObjectRecord) => Promise<Prepared>,
): Promise<Prepared> {
  const found = await findUnrecorded(pipeline, place, record);
  if (found.kind === 'found') return plan({ ...record, link: found.link });
  if (found.kind === 'later') return rest(record, null, found.dueAt);
  return rest({ ...record, attempt: null }, null, reviewAt);
}

const noMembers: PendingMembers = { add: [], remove: [], hasMore: false, fillAt: null };

/** A group made a moment ago gets its members when Graph's replicas know it. */
function membersOf(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
  link: Link,
  turn: Turn,
): Promise<PendingMembers> {
  if (settledAt(link) > turn.now) return Promise.resolve({ ...noMembers, fillAt: settledAt(link) });
  const isBulk = priorityOf(turn.rank) === 'bulk';
  return pendingMembers(pipeline, place, {
    staged: record.staged,
    linkedAt: link.linkedAt,
    isBulk,
    isUnknown: isUnknown(record, turn.now),
  });
}

function memberOperations(
  record: ObjectRecord,
  sync: Sync,
  members: Pick<Awaited<ReturnType<typeof pendingMembers>>, 'add' | 'remove'>,
): Operation[] {
  const { link } = record;
  if (link === null) return [];
  const common = {
    key: record.staged.key,
    cloudClass: link.cloudClass,
    cloudId: link.cloudId,
    reasons: [{ rule: `${sync.name}.members`, version: null }],
  };
  const removals = members.remove.map((member): Operation => ({ ...common, kind: 'remove-member', member }));
  if (members.add.length === 0) return removals;
  return [...removals, { ...common, kind: 'add-members', members: members.add }];
}

/** The reference is written down before the target's link is read; see writeReferences. */
async function resolveReferences(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
  wanted: Readonly<Record<string, string | null>>,
) {
  const targets = Object.entries(wanted).flatMap(([name, target]) =>
    target === null ? [] : [{ name, target }],
  );
  const missing = targets.filter(({ name, target }) => record.references[name] !== target);
  await writeReferences(
    pipeline,
    place.connector,
    missing.map(({ name, target }) => ({ target, referrer: record.staged.key, attribute: name })),
  );
  const resolved = await resolveTargets(
    pipeline,
    place.connector,
    targets.map(({ target }) => target),
  );
  const now = pipeline.clock.now();
  // An object that is only being made gets its references in the next turn, when Graph's replicas know it.
  const ownAt = record.link === null ? now + settleMs : settledAt(record.link);
  const references: Record<string, ResolvedReference | null> = {};
  let ripeAt: number | null = null;
  for (const [name, target] of Object.entries(wanted)) {
    const found = target === null ? undefined : resolved.get(target);
    const at = found === undefined ? 0 : Math.max(found.settledAt, ownAt);
    if (at > now) ripeAt = earliest(ripeAt, at);
    const cloudId = found === undefined || at > now ? null : found.cloudId;
    references[name] = target === null ? null : { targetKey: target, cloudId };
  }
  const known =
    missing.length === 0
      ? record.references
      : { ...record.references, ...Object.fromEntries(missing.map(({ name, target }) => [name, target])) };
  return { record: { ...record, references: known }, references, ripeAt };
}

/** An attempt that ran out without a record: what it wrote may or may not be there. */
export function isUnknown(record: ObjectRecord, now: number): boolean {
  return record.attempt !== null && record.attempt.until <= now;
}

/** A tombstone has no class any more; its link says which sync made it. */
function findSync(
  inForce: RulesInForce,
  connector: string,
  record: ObjectRecord,
  isDeleted: boolean,
): Sync | null {
  const byLink =
    inForce.rules.syncs.find((sync) => sync.name === record.link?.sync && sync.connector === connector) ??
    null;
  return isDeleted ? byLink : (selectSync(inForce.rules, connector, record.staged) ?? byLink);
}

function rest(record: ObjectRecord, park: ParkCause | null, dueAt: number | null = null): Prepared {
  return { kind: 'rest', record, park, dueAt, refresh: null };
}

function waitForBase(record: ObjectRecord, now: number): Prepared {
  const { staged, refreshAskedAt } = record;
  const isRevived = staged.floor !== null;
  if (refreshAskedAt === null && !isRevived)
    return rest({ ...record, refreshAskedAt: now }, null, now + basePatienceMs);
  return {
    kind: 'rest',
    record: { ...record, refreshAskedAt: now },
    park: 'no-base',
    dueAt: now + askAgainMs(refreshAskedAt, now),
    refresh: { key: staged.key },
  };
}

/** Whoever asked may die before it sends, and the agent may lose the question: it is asked again, more and more rarely. */
function askAgainMs(askedAt: number | null, now: number): number {
  const since = askedAt === null ? 0 : now - askedAt;
  if (since > 2 * askAgainMsMax) return askAgainMsMin;
  return Math.min(askAgainMsMax, Math.max(askAgainMsMin, 2 * since));
}

function waitForAttributes(
  record: ObjectRecord,
  projection: Extract<Projection, { kind: 'waiting' }>,
  now: number,
): Prepared {
  // Without a revision the walk that follows the agent's answer finds it again.
  if (projection.attributes.length === 0) return rest({ ...record, revision: null }, 'unresolved-scope');
  const attributes = [...projection.attributes];
  const refresh = attributes.includes('dn')
    ? { key: record.staged.key }
    : { key: record.staged.key, attributes };
  return {
    kind: 'rest',
    record: { ...record, refreshAskedAt: now },
    park: 'unknown-attributes',
    dueAt: now + askAgainMs(record.refreshAskedAt, now),
    refresh,
  };
}
