import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { Clock } from '../../shared/ports/clock.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import { latestRowKey, rulesPartition, type LatestRevision } from '../../shared/state/rule-rows.ts';
import { applyOutcome, countsText, type Applied } from '../apply/apply-outcome.ts';
import { planId } from '../apply/plan-id.ts';
import { planParts } from '../apply/plan-parts.ts';
import { readPlanFile } from '../apply/read-plan-file.ts';
import { watchPlan } from '../apply/watch-plan.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandError, interrupted } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Outcome } from '../outcome.ts';
import type { PlanFile, PlanOperation } from '../plan/plan-file.ts';
import { summaryText } from '../plan/plan-text.ts';
import { sourcesOf } from '../plan/rules-to-plan.ts';
import { count } from '../text/count.ts';
import { ago, moment } from '../text/moments.ts';
import { paintFor } from '../text/paint.ts';

export interface ApplyOptions {
  readonly yes?: boolean;
  readonly wait: boolean;
  /** Minutes. */
  readonly timeout: number;
}

/** Has the rules of a plan published and its operations carried out, and watches until they are. */
export async function applyPlan(
  context: CommandContext,
  path: string,
  { yes, wait, timeout }: ApplyOptions,
  clock: Clock = clockOf(context),
): Promise<Outcome> {
  const { plan, rules } = readPlanFile(path);
  const id = planId(plan);
  const { isBegun, latest } = await checkInForce(context, plan, id);
  const isNothing = plan.operations.length === 0 && plan.rules.hash === latest.hash;
  if (isNothing && !isBegun) return nothingToDo(id, latest);
  if (isBegun) context.say(`This plan is in force already (revision ${latest.revision}): going on with it.`);
  else await askFirst(context, plan, rules, yes === true);
  const parts = isBegun ? partsIn(plan) : await sendParts(context, plan, id);
  const answer = await carryOut(context, plan, id, parts);
  const applied: Applied = { plan: id, operations: plan.operations, ...answer };
  if (!wait) return unwatched(applied);
  return watch(context, applied, clock, timeout * 60_000);
}

const sevenDays = 7 * 24 * 3_600_000;
const planAgain = 'Plan again ("dirbridge plan --rules … --out …"), look at it, and apply that.';

function stale(message: string): CommandError {
  return new CommandError('PLAN_STALE', message, { exitCode: exitCodes.refused, action: planAgain });
}

/** The function app refuses it as well; told before a person is asked. */
async function checkInForce(
  context: CommandContext,
  { base, rules, at }: PlanFile,
  id: string,
): Promise<{ readonly latest: LatestRevision; readonly isBegun: boolean }> {
  const row = await context.tables().get('Rules', rulesPartition, latestRowKey);
  const latest = row?.data as LatestRevision | undefined;
  const upon = `the plan was made upon revision ${base?.revision ?? 0} (${base?.hash.slice(0, 12) ?? ''})`;
  if (latest === undefined) throw stale(`no rules are in force, and ${upon}`);
  const isBegun = latest.apply?.id === id && latest.hash === rules.hash;
  if (!isBegun && (latest.revision !== base?.revision || latest.hash !== base.hash))
    throw stale(`in force is revision ${latest.revision} (${latest.hash.slice(0, 12)}), and ${upon}`);
  if (context.io.now() - at >= sevenDays)
    throw stale(`the plan was made ${ago(at, context.io.now())}, and holds for seven days`);
  return { latest, isBegun };
}

function nothingToDo(plan: string, { revision, generation }: LatestRevision): Outcome {
  const counts = { done: 0, held: 0, failed: 0, pending: 0, waiting: 0, overtaken: 0 };
  return {
    data: { plan, revision, generation, end: 'over', isAsPlanned: true, counts, operations: [] },
    text: `nothing to do: the rules of the plan are in force (revision ${revision}), and it names no operation`,
  };
}

async function askFirst(
  context: CommandContext,
  plan: PlanFile,
  rules: RuleSet,
  isGiven: boolean,
): Promise<void> {
  const { io } = context;
  const paint = paintFor(io.stderr, io.env);
  const left = sourcesOf(rules).filter((name) => !plan.connectors.includes(name));
  context.say(
    [
      summaryText(plan, paint),
      `Made ${ago(plan.at, io.now())} (${moment(plan.at)}).`,
      ...(left.length === 0
        ? []
        : [
            `${paint('yellow', '*')} It covers ${plan.connectors.join(', ')} alone: what these rules change of ${left.join(', ')} is in no plan, and is not carried out.`,
          ]),
    ].join('\n'),
  );
  const destroying = plan.operations.filter(isDestroying).length;
  const number = count(plan.operations.length, 'operation');
  const loss =
    destroying === 0 ? '' : `, ${destroying.toLocaleString('en-US')} of which delete, disable or take out`;
  await confirm(io, {
    question: `Publish these rules and carry out ${number}${loss}?`,
    // Whoever destroys has read how much.
    expected: destroying === 0 ? 'yes' : String(destroying),
    isGiven,
  });
}

/** What the guard would hold waits for another word. */
const isDestroying = ({ kind, held }: PlanOperation): boolean =>
  held === undefined && (kind === 'delete' || kind === 'disable' || kind === 'remove-member');

const partsIn = (plan: PlanFile): number => [...planParts(plan.operations)].length;

async function sendParts(context: CommandContext, plan: PlanFile, id: string): Promise<number> {
  const operator = context.operator();
  const parts = [...planParts(plan.operations)];
  for (const [part, content] of parts.entries()) {
    if (parts.length > 1) context.say(`sending part ${part + 1} of ${parts.length}`);
    try {
      await operator.ask('apply-plan', { step: 'store', plan: id, part, ...content });
    } catch (error) {
      context.say('Nothing of the plan is carried out before all of it has been sent; repeating is safe.');
      throw error;
    }
  }
  return parts.length;
}

const carriedOut = z.object({ revision: z.number(), generation: z.number() });

async function carryOut(
  context: CommandContext,
  { at, rules, base }: PlanFile,
  plan: string,
  parts: number,
): Promise<z.infer<typeof carriedOut>> {
  const answer = carriedOut.safeParse(
    await context.operator().ask('apply-plan', {
      step: 'carry-out',
      ...{ plan, parts, at, hash: rules.hash, files: rules.files },
      base: { revision: base?.revision, hash: base?.hash },
    }),
  );
  if (answer.success) return answer.data;
  throw new CommandError('OPERATOR_GARBAGE', 'the answer does not say which revision is in force', {
    action: 'Is the function app of the same version as this command? See "dirbridge status".',
  });
}

function unwatched({ plan, revision, generation, operations }: Applied): Outcome {
  return {
    data: { plan, revision, generation, end: 'unwatched' },
    text: `revision ${revision} is in force, and ${count(operations.length, 'operation')} of plan ${plan} are being carried out`,
    next: 'It goes on by itself. The same command without --no-wait watches it; see also "dirbridge status".',
  };
}

async function watch(
  context: CommandContext,
  applied: Applied,
  clock: Clock,
  timeoutMs: number,
): Promise<Outcome> {
  const { stop } = context.io;
  const { operations } = applied;
  const total = operations.length.toLocaleString('en-US');
  const onStop = (): void =>
    context.say(
      '\nIt goes on by itself. To watch it again, repeat the command; see also "dirbridge status".',
    );
  stop.addEventListener('abort', onStop, { once: true });
  try {
    const watched = await watchPlan(context.tables(), clock, {
      ...applied,
      timeoutMs,
      tell: (counts) => {
        const others = countsText(counts);
        const done = `${counts.done.toLocaleString('en-US')} of ${total} carried out`;
        context.say(others === '' ? done : `${done}, ${others}`);
      },
    });
    return applyOutcome(applied, watched, context.paint);
  } finally {
    stop.removeEventListener('abort', onStop);
  }
}

function clockOf({ io }: CommandContext): Clock {
  return {
    now: io.now,
    async sleep(ms) {
      try {
        await pause(ms, undefined, { signal: io.stop });
      } catch {
        throw interrupted();
      }
    },
  };
}
