import { invariant } from '../../shared/errors/invariant.ts';
import { settledAt, type Link } from '../../shared/model/link.ts';
import { isMadeAnew } from '../../shared/plan/is-made-anew.ts';
import { judgeObject } from '../../shared/plan/judge-object.ts';
import { lackOf } from '../../shared/plan/lack-of.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import { planObject } from '../../shared/plan/plan-object.ts';
import { earliest } from '../../shared/rules/earliest.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { priorityOf } from '../../shared/state/keys.ts';
import { claimNames } from './claim-names.ts';
import { lacksSeed, withSeed } from './draw-seed.ts';
import { findUnrecorded } from './find-unrecorded.ts';
import type { Place } from './object-rows.ts';
import { asOffered, passOver, withoutPassed } from './passed-over.ts';
import { pendingMembers, type PendingMembers } from './pending-members.ts';
import type { Pipeline } from './pipeline.ts';
import { isUnknown, noNames, rest, type Prepared, type PreparedPlan } from './prepared.ts';
import { resolveReferences } from './resolve-references.ts';
import type { RulesInForce } from './rules-source.ts';
import { waitForAttributes, waitForBase } from './wait-for-source.ts';

/**
 * Evaluates the rules for one object and plans it. Reads whatever the plan depends on; writes only references, and claims
 * on the names it is to have.
 */
export async function prepareObject(
  pipeline: Pipeline,
  place: Place,
  loaded: ObjectRecord,
  inForce: RulesInForce | null,
  rank: string,
): Promise<Prepared> {
  // Ends: each time round another of the names that its rules offer is passed over.
  for (let record = asOffered(loaded); ;) {
    const prepared = await evaluate(pipeline, place, record, inForce, rank);
    if (prepared.kind !== 'plan' || inForce === null) return prepared;
    const claimed = await claimNames(pipeline, place, prepared, inForce);
    if (claimed.kind !== 'taken') return claimed;
    record = passOver(prepared.record, claimed.names);
    const before = prepared.record.passedOver?.length ?? 0;
    invariant((record.passedOver?.length ?? 0) > before, 'a name that was passed over is not offered again');
  }
}

async function evaluate(
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
      evaluate(pipeline, place, linked, inForce, rank),
    );
  const judgement = judgeObject(inForce, place.connector, record, now);
  switch (judgement.kind) {
    case 'nothing':
      return rest(record, null);
    case 'no-rules':
      return rest(record, 'no-rules');
    case 'no-base':
      return waitForBase(record, now);
    case 'gone':
      return planGone(record, judgement.sync, judgement.isDeleted, now);
    case 'waiting':
      return waitForAttributes(record, judgement.projection, now);
    case 'failed':
      return refuseFailed(record, judgement.projection);
    case 'other-anchor':
      return {
        kind: 'refused',
        record,
        code: 'ANCHOR_CHANGED',
        message: 'the anchor differs from the one the link was made with',
        targets: [judgement.sync.anchor.to],
      };
    case 'projected':
      if (lacksSeed(record, judgement.projection))
        return evaluate(pipeline, place, withSeed(pipeline.random, record), inForce, rank);
      return (
        refuseLacking(record, judgement.sync, judgement.projection, now) ??
        planProjected(pipeline, place, record, judgement.sync, judgement.projection, { now, rank })
      );
  }
}

function refuseFailed(record: ObjectRecord, { problems }: Extract<Projection, { kind: 'failed' }>): Prepared {
  const [problem] = problems;
  return {
    kind: 'refused',
    record,
    code: 'RULE_VALUE',
    message: `${problem?.target ?? 'scope'}: ${problem?.message ?? 'could not be evaluated'}`,
    targets: problems.map((one) => one.target),
  };
}

/** It is to be made and cannot be, which is tried again later. Null: it can be. */
function refuseLacking(
  record: ObjectRecord,
  sync: Sync,
  projection: Projection,
  now: number,
): Prepared | null {
  const isMade = projection.kind === 'in' && isMadeAnew(record.link, sync.lifecycle);
  if (!isMade || isUnknown(record, now)) return null;
  const lack = lackOf(sync.targetClass, projection.problems);
  if (lack === null) return null;
  const message = `${lack.target}: ${lack.message}`;
  return {
    kind: 'refused',
    record: withoutPassed(record),
    code: 'RULE_VALUE',
    message,
    targets: [lack.target],
  };
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
    doubtfulMembers: [],
    uncertainMembers: [],
    hasMoreMembers: false,
    owesReferences: false,
    naming: noNames,
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
  const wanted = projection.kind === 'in' ? projection.references : {};
  const { record, references, ripeAt, isPutOff } = await resolveReferences(pipeline, place, before, wanted);
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
  // Out of scope they are not looked at, and stay as uncertain as they are.
  const uncertain = projection.kind === 'out' ? uncertainOf(record, now) : members.uncertain;
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
    doubtfulMembers: members.doubtful,
    uncertainMembers: uncertain,
    hasMoreMembers: members.hasMore,
    owesReferences: isPutOff,
    naming: noNames,
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

const noMembers: PendingMembers = {
  ...{ add: [], remove: [], doubtful: [], uncertain: [] },
  ...{ hasMore: false, fillAt: null },
};

const uncertainOf = (record: ObjectRecord, now: number): readonly string[] =>
  isUnknown(record, now) ? (record.attempt?.members ?? []) : [];

/** A group made a moment ago gets its members when Graph's replicas know it. */
function membersOf(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
  link: Link,
  turn: Turn,
): Promise<PendingMembers> {
  const uncertain = uncertainOf(record, turn.now);
  if (settledAt(link) > turn.now)
    return Promise.resolve({ ...noMembers, uncertain, fillAt: settledAt(link) });
  const isBulk = priorityOf(turn.rank) === 'bulk';
  return pendingMembers(pipeline, place, {
    staged: record.staged,
    linkedAt: link.linkedAt,
    isBulk,
    uncertain,
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
