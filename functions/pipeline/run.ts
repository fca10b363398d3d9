import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import type { Link } from '../../shared/model/link.ts';
import { applyEffect } from '../../shared/plan/apply-effects.ts';
import type { Effect, Settlement } from '../../shared/plan/settlement.ts';
import { isLookUp, operationsOf, type Step } from '../../shared/plan/step.ts';
import type { CloudAnswer } from '../../shared/model/cloud-request.ts';
import { priorityOf } from '../../shared/state/keys.ts';
import { uniqueProperties, type UniqueName } from '../../shared/state/name-claim.ts';
import type { JournalLine } from './journal.ts';
import { isOffered } from './passed-over.ts';
import type { PreparedPlan } from './prepared.ts';

/** The carrying out of one object's plan: what is left, and what was done so far. */
export interface Run {
  readonly prepared: PreparedPlan;
  readonly rank: string;
  /** Epoch ms: after it somebody else may write the object. */
  readonly until: number;
  readonly steps: Step[];
  link: Link | null;
  readonly members: Map<string, string | null>;
  readonly journal: JournalLine[];
  /** Names that the cloud said others have, of those that the rules offer. */
  readonly passedOver: UniqueName[];
  /** Planned again at once, since what was learnt changes the plan. */
  isReplanned: boolean;
  later: { readonly code: ErrorCode; readonly waitMs: number | null } | null;
  refused: { readonly code: ErrorCode; readonly message: string; readonly targets: readonly string[] } | null;
  /** A write may have been applied without our knowing. */
  isAmbiguous: boolean;
  /** A write was given up without an answer and may be applied until then (epoch ms); 0: none was. */
  aliveUntil: number;
  /** Tokens ran out: not before (epoch ms). */
  waitUntil: number | null;
}

export function newRun(
  prepared: PreparedPlan,
  due: { readonly rank: string; readonly until: number },
  steps: readonly Step[],
): Run {
  return {
    prepared,
    rank: due.rank,
    until: due.until,
    steps: [...steps],
    link: prepared.record.link,
    members: new Map(),
    journal: [],
    passedOver: [],
    isReplanned: false,
    later: null,
    refused: null,
    isAmbiguous: false,
    aliveUntil: 0,
    waitUntil: null,
  };
}

/** Takes the outcome of the run's first step into the run. */
export function takeSettlement(run: Run, settlement: Settlement, answer: CloudAnswer, times: Times): void {
  const step = run.steps.shift();
  if (step === undefined) return;
  switch (settlement.kind) {
    case 'done':
      for (const effect of settlement.effects) takeEffect(run, effect, times.now);
      journal(run, step, answer, 'success', null, times);
      // What was restored is known to Graph's replicas a little later, as after a creation.
      if (step.kind === 'restore') run.steps.length = 0;
      break;
    case 'instead':
      run.steps.unshift(...settlement.steps);
      break;
    case 'replan':
      for (const effect of settlement.effects) takeEffect(run, effect, times.now);
      run.steps.length = 0;
      run.isReplanned = true;
      journalReplan(run, step, settlement.effects, answer, times);
      break;
    case 'later':
      run.later = { code: settlement.code, waitMs: settlement.waitMs };
      run.isAmbiguous ||= !answer.ok && answer.isAmbiguous;
      journal(run, step, answer, 'failure', settlement, times);
      if (!concernsOneMember(step, settlement, answer)) run.steps.length = 0;
      break;
    case 'refused':
      if (passesOver(run, step, settlement)) {
        run.isReplanned = true;
        journal(run, step, answer, 'failure', settlement, times);
        run.steps.length = 0;
        break;
      }
      run.refused = { code: settlement.code, message: settlement.message, targets: settlement.targets };
      journal(run, step, answer, 'failure', settlement, times);
      // Without the object itself nothing that belongs to it can be written.
      if (
        step.kind === 'create' ||
        step.kind === 'find-anchor' ||
        step.kind === 'find-deleted' ||
        step.kind === 'restore'
      )
        run.steps.length = 0;
      break;
  }
}

/** The creation failed for a name that somebody in the cloud has, and its rules offer others. */
function passesOver(
  run: Run,
  step: Step,
  { code, targets }: { readonly code: ErrorCode; readonly targets: readonly string[] },
): boolean {
  const [operation] = operationsOf(step);
  if (operation?.kind !== 'create' || code !== 'GRAPH_CONFLICT') return false;
  const names = uniqueProperties.flatMap((property): UniqueName[] => {
    const value = operation.values[property];
    const isMeant = targets.length === 0 || targets.includes(property);
    return isMeant && typeof value === 'string' && isOffered(run.prepared.sync, property)
      ? [{ property, value }]
      : [];
  });
  run.passedOver.push(...names);
  return names.length > 0;
}

/** One member that is not there (yet) does not keep the others out; a group that is not there does. */
function concernsOneMember(step: Step, { code }: { readonly code: ErrorCode }, answer: CloudAnswer): boolean {
  if (code !== 'GRAPH_NOT_FOUND') return false;
  return step.kind === 'add-members' || (step.kind === 'find-group' && answer.ok);
}

function takeEffect(run: Run, effect: Effect, now: number): void {
  const { sync, anchor } = run.prepared;
  run.link = applyEffect(run.link, effect, { sync: sync.name, cloudClass: sync.targetClass, anchor, now });
  if (effect.kind === 'members')
    for (const member of effect.members)
      run.members.set(member.key, effect.isPresent ? member.cloudId : null);
}

interface Times {
  readonly startedAt: number;
  readonly now: number;
  readonly revision: number;
}

interface Why {
  readonly code: ErrorCode | null;
  readonly message: string;
}

/**
 * What a look-up found is a creation that is not made: by an attempt that could not record it, or by somebody else. That
 * the object is gone is what the request failed with.
 */
function journalReplan(
  run: Run,
  step: Step,
  effects: readonly Effect[],
  answer: CloudAnswer,
  times: Times,
): void {
  if (!answer.ok) {
    journal(run, step, answer, 'failure', answer, times);
    return;
  }
  if (!effects.some(({ kind }) => kind === 'linked')) return;
  const isDeleted = effects.some(({ kind }) => kind === 'deleted');
  const isOurs = !isDeleted && run.prepared.record.attempt?.creation !== undefined;
  const message = isDeleted
    ? 'found among the deleted objects'
    : `found by its anchor${isOurs ? ' after an attempt whose outcome was unknown' : ''}`;
  journal(run, step, answer, isOurs ? 'success' : 'skipped', { code: null, message }, times);
}

function journal(
  run: Run,
  step: Step,
  answer: CloudAnswer,
  outcome: 'success' | 'failure' | 'skipped',
  why: Why | null,
  times: Times,
): void {
  if (isLookUp(step) && outcome === 'success' && why === null) return;
  const { sourceAt } = run.prepared.record;
  for (const operation of operationsOf(step)) {
    run.journal.push({
      at: times.now,
      cloudId: run.link?.cloudId ?? null,
      operation,
      outcome,
      code: why?.code ?? null,
      message: why?.message ?? null,
      requestId: answer.requestId,
      revision: times.revision,
      durationMs: Math.round(times.now - times.startedAt),
      priority: priorityOf(run.rank),
      ...(sourceAt === undefined ? {} : { sourceAt }),
    });
  }
}
