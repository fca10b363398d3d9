import type { Operation } from '../../shared/plan/operation.ts';
import { isGone } from '../../shared/plan/is-gone.ts';
import { judgeObject, type Judgement } from '../../shared/plan/judge-object.ts';
import { planObject, type ObjectPlan } from '../../shared/plan/plan-object.ts';
import { findSync } from '../../shared/plan/project-object.ts';
import { versionOf } from '../../shared/plan/version-of.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { describeObject, labelText } from '../state/describe-object.ts';
import { noteNames } from './name-book.ts';
import type { PlannedObject } from './planned-object.ts';
import { makes, type Survey, type SurveyQuestion } from './survey.ts';
import { add, addTo } from './tally.ts';

type In = Extract<Projection, { kind: 'in' }>;

/** What a look at one object needs to know of it. */
interface Look {
  readonly survey: Survey;
  readonly question: SurveyQuestion;
  readonly record: ObjectRecord;
  readonly label: string;
  readonly judgement: Judgement;
}

/** A group whose members are looked at next: its rows follow in the same partition. */
export interface GroupInScope {
  readonly of: PlannedObject;
  readonly record: ObjectRecord;
}

/**
 * Plans one object as the function app would, but for what depends on other objects: references and members are noted, and
 * settled when all objects have been read. @returns the group whose members are to be looked at, null mostly.
 */
export function lookAtObject(
  survey: Survey,
  question: SurveyQuestion,
  record: ObjectRecord,
): GroupInScope | null {
  survey.objects += 1;
  const { connector, rules, now } = question;
  const { link, staged, attempt } = record;
  const label = labelText(describeObject(record), staged.key);
  if (attempt !== null && attempt.until > now) add(survey.busy, label);
  const judgement = judgeObject(rules, connector, record, now);
  const look: Look = { survey, question, record, label, judgement };
  const planned = planLook(look);
  const operations = planned?.object.operations ?? [];
  noteScope(look);
  noteTarget(look, operations);
  const sync = planned?.object.sync ?? findSync(rules, connector, record, true);
  noteNames(question.names, { space: sync?.cloudConnector ?? '', label, link, operations });
  if (planned === null) return null;
  const { object, projection } = planned;
  if (operations.length > 0 || object.problems.length > 0) survey.planned.push(object);
  if (projection === null || object.caution !== null) return null;
  notePendingReferences(look, object, projection);
  return projection.members === null ? null : { of: object, record };
}

interface Planned {
  readonly object: PlannedObject;
  /** Null where it is not to be in the cloud. */
  readonly projection: In | null;
}

function planLook(look: Look): Planned | null {
  const { survey, judgement, label } = look;
  switch (judgement.kind) {
    case 'nothing':
      return null;
    case 'no-rules':
      add(survey.noRules, label);
      return null;
    case 'no-base':
      add(survey.noBase, label);
      return null;
    case 'waiting':
      add(survey.waiting, label);
      for (const name of judgement.projection.attributes) addTo(survey.unread, name, label);
      for (const dn of judgement.projection.containers) addTo(survey.unresolved, dn, label);
      return null;
    case 'failed':
      return refused(look, judgement.sync, judgement.projection.problems);
    case 'other-anchor':
      return refused(look, judgement.sync, [
        { target: judgement.sync.anchor.to, message: 'differs from the one the link was made with' },
      ]);
    case 'gone':
    case 'projected':
      return planJudged(look, judgement);
  }
}

function refused(look: Look, sync: Sync, problems: PlannedObject['problems']): Planned {
  return { object: objectOf(look, sync, { operations: [], problems, caution: null }), projection: null };
}

function planJudged(
  look: Look,
  judgement: Extract<Judgement, { kind: 'gone' | 'projected' }>,
): Planned | null {
  const { survey, question, record, label } = look;
  const { staged, link } = record;
  const { now } = question;
  const { sync } = judgement;
  const projection = judgement.kind === 'gone' ? null : judgement.projection;
  if (projection?.kind === 'out' && link?.state !== 'live') return null;
  const plan = planObject({
    sync,
    staged,
    link,
    projection,
    references: clearedReferences(projection),
    isAppliedUnknown: isAppliedUnknown(record, now),
    now,
  });
  if (plan.leaving !== null && plan.reviewAt !== null) add(survey.deletedLater, label);
  const lacksLocation = plan.operations.some(
    (one) =>
      one.kind === 'create' && one.cloudClass === 'user' && !Object.hasOwn(one.values, 'usageLocation'),
  );
  if (lacksLocation) add(survey.noUsageLocation, label);
  const { problems, operations } = plan;
  const caution = cautionOf(judgement, plan);
  return {
    object: objectOf(look, sync, { operations, problems, caution }),
    projection: projection?.kind === 'in' ? projection : null,
  };
}

/** Those that point nowhere need no other object; the others are planned when all targets are known. */
function clearedReferences(projection: Projection | null): Readonly<Record<string, null>> {
  if (projection?.kind !== 'in') return {};
  return Object.fromEntries(
    Object.entries(projection.references).flatMap(([name, target]) =>
      target === null ? [[name, null]] : [],
    ),
  );
}

function cautionOf(judgement: Judgement, { holdCreate }: ObjectPlan): PlannedObject['caution'] {
  if (judgement.kind === 'gone' && !judgement.isDeleted)
    return { cause: 'vanished', message: 'a probe found neither the object nor its tombstone' };
  return holdCreate === null ? null : { cause: 'mailbox', message: holdCreate };
}

/** An attempt that ran out without a record may have written or not. */
const isAppliedUnknown = ({ attempt }: ObjectRecord, now: number): boolean =>
  attempt !== null && attempt.until <= now;

function objectOf(
  { question, record, label }: Look,
  sync: Sync,
  plan: Pick<PlannedObject, 'problems' | 'caution'> & { readonly operations: readonly Operation[] },
): PlannedObject {
  const { staged, link } = record;
  const isAnew = plan.operations.some(({ kind }) => kind === 'create');
  return {
    connector: question.connector,
    key: staged.key,
    sync,
    cloudClass: isAnew ? sync.targetClass : (link?.cloudClass ?? sync.targetClass),
    cloudId: isAnew ? null : (link?.cloudId ?? null),
    label,
    isDoubtful: staged.doubt !== undefined,
    doubtfulMembers: new Set(),
    references: record.references,
    held: [],
    ...plan,
    operations: [...plan.operations],
  };
}

/** What cannot be told under one of both rules neither enters nor leaves. */
function noteScope({ survey, question, record, label, judgement }: Look): void {
  const { before, connector, now } = question;
  if (before === null || judgement.kind !== 'projected') return;
  const was = judgeObject(before, connector, record, now);
  const wasIn = was.kind === 'projected' && was.projection.kind === 'in';
  const isIn = judgement.projection.kind === 'in';
  const { name } = judgement.sync;
  if (isIn && !wasIn && was.kind !== 'waiting' && was.kind !== 'failed') addTo(survey.enters, name, label);
  if (!isIn && wasIn) addTo(survey.leaves, name, label);
}

function noteTarget({ survey, record, label, judgement }: Look, operations: readonly Operation[]): void {
  const { link, staged } = record;
  const isHeld =
    judgement.kind === 'projected' &&
    judgement.projection.kind === 'in' &&
    judgement.projection.holdCreate !== null;
  const isMade = makes(operations) && !(link === null && isHeld);
  const isRestored = operations.some(({ kind }) => kind === 'restore');
  // What is restored comes back with the id it had.
  const cloudId = link !== null && (link.state === 'live' || isRestored) ? link.cloudId : null;
  if (cloudId === null && !isMade) return;
  survey.targets.set(staged.key, { cloudId, isMade, isGone: isGone(record), label });
}

function notePendingReferences(
  { survey, question, record }: Look,
  of: PlannedObject,
  { references }: In,
): void {
  const { staged, link } = record;
  const isAnew = of.cloudId === null;
  for (const [name, target] of Object.entries(references)) {
    if (target === null) continue;
    survey.references.push({
      of,
      name,
      target,
      before: isAnew ? null : (link?.appliedReferences[name] ?? null),
      cloudId: of.cloudId,
      isAppliedUnknown: isAppliedUnknown(record, question.now),
      version: versionOf(staged, name),
    });
  }
}
