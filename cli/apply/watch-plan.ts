import type { Clock } from '../../shared/ports/clock.ts';
import { latestRowKey, rulesPartition, type LatestRevision } from '../../shared/state/rule-rows.ts';
import type { Reading } from '../command-context.ts';
import type { PlanOperation } from '../plan/plan-file.ts';
import { placed, readStandings, type PlacedOperation } from './read-standings.ts';
import type { Standing, StandingName } from './standing-of.ts';

export interface WatchQuestion {
  readonly plan: string;
  readonly operations: readonly PlanOperation[];
  /** As the function app answered. */
  readonly revision: number;
  readonly generation: number;
  readonly timeoutMs: number;
  /** A line about how far it is, now and then. */
  readonly tell: (counts: StandingCounts) => void;
}

export type StandingCounts = Readonly<Record<StandingName, number>>;

export interface Watched {
  readonly counts: StandingCounts;
  /** Of all that is not done. */
  readonly standings: ReadonlyMap<PlanOperation, Standing>;
  /**
   * over: nothing more is to be expected · timeout · replaced: something else was published, so that the rest of the plan
   * is not carried out any more.
   */
  readonly end: 'over' | 'timeout' | 'replaced';
}

const lookEveryMs = 2_000;
const lookEveryMsMax = 60_000;
/** A look at a large plan takes a while, and the tables have other work: three quarters of the time they are left alone. */
const restPerLook = 3;
const tellEveryMs = 5_000;

/**
 * How long something has to stand as it does before nothing more is expected of it. What failed is tried again soon at first;
 * who was waited for may have come a moment ago; what looks overtaken may only be between two rows.
 */
const graceMs: Readonly<Record<StandingName, number>> = {
  done: 0,
  held: 0,
  failed: 30_000,
  waiting: 30_000,
  overtaken: 5_000,
  pending: Number.POSITIVE_INFINITY,
};

interface Seen {
  readonly standing: Standing;
  readonly since: number;
}

/** Watches the tables until a plan is carried out, as far as it is going to be. */
export async function watchPlan(tables: Reading, clock: Clock, question: WatchQuestion): Promise<Watched> {
  const until = clock.now() + question.timeoutMs;
  const total = question.operations.length;
  let open: readonly PlacedOperation[] = question.operations.map(placed);
  let seen = new Map<PlanOperation, Seen>();
  let toldAt = clock.now();
  const watched = (end: Watched['end']): Watched => ({
    end,
    counts: countsOf(seen, total),
    standings: new Map([...seen].map(([operation, { standing }]) => [operation, standing])),
  });
  for (;;) {
    const startedAt = clock.now();
    const inForce = await readInForce(tables, question);
    if (inForce === null) return watched('replaced');
    const standings = await readStandings(tables, open, {
      revision: question.revision,
      ...inForce,
      now: startedAt,
    });
    open = open.filter(({ operation }) => standings.get(operation)?.standing !== 'done');
    seen = seenNow(seen, standings, startedAt);
    const now = clock.now();
    if ([...seen.values()].every((one) => isSettled(one, now))) return watched('over');
    if (now >= until) return watched('timeout');
    if (now >= toldAt + tellEveryMs) {
      toldAt = now;
      question.tell(countsOf(seen, total));
    }
    const pause = Math.min(lookEveryMsMax, Math.max(lookEveryMs, restPerLook * (now - startedAt)));
    await clock.sleep(Math.min(pause, until - now));
  }
}

/** What is done stays done: somebody who changes the object later has not undone the plan. */
function seenNow(
  before: ReadonlyMap<PlanOperation, Seen>,
  standings: ReadonlyMap<PlanOperation, Standing>,
  now: number,
): Map<PlanOperation, Seen> {
  const seen = new Map<PlanOperation, Seen>();
  for (const [operation, standing] of standings) {
    if (standing.standing === 'done') continue;
    const earlier = before.get(operation);
    const isSame = earlier?.standing.standing === standing.standing;
    seen.set(operation, { standing, since: isSame ? earlier.since : now });
  }
  return seen;
}

const isSettled = ({ standing, since }: Seen, now: number): boolean =>
  standing.isComing !== true && now - since >= graceMs[standing.standing];

function countsOf(seen: ReadonlyMap<PlanOperation, Seen>, total: number): StandingCounts {
  const counts = { done: total - seen.size, held: 0, failed: 0, pending: 0, waiting: 0, overtaken: 0 };
  for (const { standing } of seen.values()) counts[standing.standing] += 1;
  return counts;
}

/**
 * The generation to wait for, which an agent's answer about containers moves on, and since when the plan binds. Null: the
 * plan is not in force any more.
 */
async function readInForce(
  tables: Reading,
  { plan, generation }: WatchQuestion,
): Promise<{ readonly generation: number; readonly appliedAt: number } | null> {
  const row = await tables.get('Rules', rulesPartition, latestRowKey);
  const latest = row?.data as LatestRevision | undefined;
  if (latest?.apply?.id !== plan) return null;
  return { generation: Math.max(generation, latest.generation), appliedAt: latest.apply.at };
}
