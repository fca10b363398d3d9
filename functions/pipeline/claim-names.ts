import type { Operation, ValueChange } from '../../shared/plan/operation.ts';
import { temporaryName } from '../../shared/plan/temporary-name.ts';
import { earliest } from '../../shared/rules/earliest.ts';
import { nameId, uniqueProperties, type UniqueName } from '../../shared/state/name-claim.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { isOffered } from './passed-over.ts';
import { ringOf, yieldingMember } from './name-ring.ts';
import type { NameLook, Standing } from './name-standing.ts';
import type { Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import type { Prepared, PreparedPlan } from './prepared.ts';
import type { RulesInForce } from './rules-source.ts';
import { isSame, takeNames, type Taken } from './take-names.ts';
import { wakeWaiters } from './wake-name-waiters.ts';

/** A holder that is to give the name up is waited for so long; then Graph is asked, whose refusal a person sees. */
const moveMs = 60_000;
/** So long for one that keeps it: what changes it may be on its way. */
const stayMs = 3_000;

/** Members of a ring that are looked for at first, and once waiting has not helped: each of them follows them all. */
const ringMax = 16;
const longRingMax = 256;

interface Wish extends UniqueName {
  readonly of: 'create' | 'restore' | 'update';
}

type Held = Extract<Taken, { kind: 'held' }>;

/** What becomes of a name that another object holds. */
type Outcome =
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'temporary'; readonly value: string }
  | { readonly kind: 'ask'; readonly holder: string };

/** Others have names that were offered for a new object: there are more to choose from. */
export interface TakenNames {
  readonly kind: 'taken';
  readonly names: readonly UniqueName[];
}

/**
 * Claims the names a plan would write. Where another of our objects holds one, that part of the plan waits until it is
 * free; a ring of such objects is opened by a temporary name of one of them.
 */
export async function claimNames(
  pipeline: Pipeline,
  place: Place,
  prepared: PreparedPlan,
  inForce: RulesInForce,
): Promise<Prepared | TakenNames> {
  const { sync, operations } = prepared;
  const { waitsSince, ...record } = prepared.record;
  const wishes = sync.targetClass === 'user' && pipeline.mode !== 'plan' ? wishesOf(prepared) : [];
  if (wishes.length === 0) return { ...prepared, record };
  const self = { connector: place.connector, key: record.staged.key };
  const look: NameLook = { pipeline, inForce, space: sync.cloudConnector, self, link: record.link };
  const taken = await takeNames(look, wishes);
  const passed = wishes.filter(
    (wish) =>
      wish.of === 'create' && isOffered(sync, wish.property) && taken.get(nameId(wish))?.kind === 'held',
  );
  if (passed.length > 0) return { kind: 'taken', names: passed };
  const since = waitsSince ?? pipeline.clock.now();
  const outcomes = new Map<Wish, Outcome>();
  for (const wish of wishes) {
    const held = taken.get(nameId(wish));
    if (held?.kind === 'held') outcomes.set(wish, await outcomeOf(look, wish, held, since));
  }
  const until = waitEnd([...outcomes.values()], since);
  const waiting: ObjectRecord = outcomes.size === 0 ? record : { ...record, waitsSince: since };
  const isBlocked = [...outcomes].some(([{ of }, { kind }]) => kind === 'wait' && of !== 'update');
  if (isBlocked) return { kind: 'rest', record: waiting, park: 'name', dueAt: until, refresh: null };
  const written = wishes.filter((wish) => (outcomes.get(wish)?.kind ?? 'ask') === 'ask');
  return {
    ...prepared,
    record: waiting,
    plan: { ...prepared.plan, reviewAt: earliest(prepared.plan.reviewAt, until) },
    operations: operations.flatMap((one) => withOutcomes(one, outcomes, sync.name)),
    naming: {
      claimed: written.map(nameId),
      isWaiting: until !== null,
      holders: Object.fromEntries(
        [...outcomes].flatMap(([{ property }, one]) => (one.kind === 'ask' ? [[property, one.holder]] : [])),
      ),
    },
  };
}

/** Names that the operations would write. What is restored comes back with the names it had. */
function wishesOf({ operations, record }: PreparedPlan): Wish[] {
  return operations.flatMap((operation) =>
    uniqueProperties.flatMap((property): Wish[] => {
      const of = operation.kind;
      if (of !== 'create' && of !== 'restore' && of !== 'update') return [];
      const value =
        of === 'create'
          ? operation.values[property]
          : of === 'restore'
            ? record.link?.applied[property]
            : operation.changes[property]?.after;
      return typeof value === 'string' ? [{ property, value, of }] : [];
    }),
  );
}

async function outcomeOf(look: NameLook, wish: Wish, held: Held, since: number): Promise<Outcome> {
  const { pipeline, self } = look;
  const { standing, holder } = held;
  const now = pipeline.clock.now();
  const giveUpAt = since + (isToBeFreed(standing, now) ? moveMs : stayMs);
  const isLate = now >= giveUpAt;
  const ring = wish.of === 'update' ? await ringOf(look, wish, held, isLate ? longRingMax : ringMax) : null;
  const yielding = ring === null ? undefined : yieldingMember(ring);
  if (yielding !== undefined && isSame(yielding, self)) {
    const value = look.link?.applied[wish.property];
    if (typeof value === 'string') return { kind: 'temporary', value: temporaryName(value, self.key) };
  }
  // It may have looked before the ring was closed.
  if (yielding !== undefined)
    await wakeWaiters(pipeline, [yielding], { of: holder.key, rank: '1', by: null });
  if (isLate) return { kind: 'ask', holder: describe(held) };
  return { kind: 'wait', until: standing.kind === 'open' ? Math.min(standing.until, giveUpAt) : giveUpAt };
}

function isToBeFreed(standing: Standing, now: number): boolean {
  if (standing.kind === 'leaves') return standing.deleteAt !== null && standing.deleteAt <= now;
  return standing.kind !== 'stays';
}

/** By source key only: names are values of the directory. */
function describe({ holder, standing }: Held): string {
  const who = `held by source object ${holder.key} of ${holder.connector}`;
  switch (standing.kind) {
    case 'stays':
      return `${who}, which keeps it`;
    case 'moves':
      return `${who}, which is to be given another one`;
    case 'open':
      return `${who}, which may be writing it`;
    case 'leaves': {
      const when =
        standing.deleteAt === null
          ? 'and is not deleted'
          : `until ${new Date(standing.deleteAt).toISOString()}`;
      return `${who}, which has left and keeps its cloud user ${when}`;
    }
  }
}

/** When what waits is looked at again though nobody wakes it; null: nothing waits. */
function waitEnd(outcomes: readonly Outcome[], since: number): number | null {
  const ends = outcomes.flatMap((one) => {
    if (one.kind === 'wait') return [one.until];
    return one.kind === 'temporary' ? [since + moveMs] : [];
  });
  return ends.length === 0 ? null : Math.min(...ends);
}

/** The operation without the names it has to wait for, and with temporary ones in their place. */
function withOutcomes(operation: Operation, outcomes: ReadonlyMap<Wish, Outcome>, sync: string): Operation[] {
  if (operation.kind !== 'update') return [operation];
  const reasons = [...operation.reasons];
  const changes = Object.entries(operation.changes).flatMap(([path, change]): [string, ValueChange][] => {
    const [, outcome] =
      [...outcomes].find(([{ property, of }]) => of === 'update' && property === path) ?? [];
    if (outcome?.kind === 'wait') return [];
    if (outcome?.kind !== 'temporary') return [[path, change]];
    reasons.push({ rule: `${sync}.${path}.temporary`, version: null });
    return [[path, { ...change, after: outcome.value }]];
  });
  return changes.length === 0 ? [] : [{ ...operation, changes: Object.fromEntries(changes), reasons }];
}
