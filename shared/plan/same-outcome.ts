import { describeSync } from '../rules/hash-rules.ts';
import type { RuleSet, Sync } from '../rules/rule-set.ts';
import { judgeObject, type Judgement } from './judge-object.ts';
import { canonical } from './operation.ts';
import { findSync, type JudgedRecord, type ResolvedRules } from './project-object.ts';

/**
 * Whether two revisions of the rules make the same of an object, so that nothing has to be planned anew for it. Rules of
 * syncs that did not change are not even evaluated.
 *
 * Only for an object with which everything was done: what is held, failed or under way depends on more than this.
 */
export function isSameOutcome(
  before: ResolvedRules,
  after: ResolvedRules,
  place: { readonly connector: string; readonly now: number },
  record: JudgedRecord,
): boolean {
  const { connector, now } = place;
  if (isSameSync(before, after, connector, record)) return true;
  const outcomes = [before, after].map((rules) => outcomeOf(judgeObject(rules, connector, record, now)));
  return canonical(outcomes[0]) === canonical(outcomes[1]);
}

function isSameSync(
  before: ResolvedRules,
  after: ResolvedRules,
  connector: string,
  record: JudgedRecord,
): boolean {
  const isDeleted = record.staged.life?.isDeleted === true;
  const sync = findSync(after, connector, record, isDeleted);
  const known = findSync(before, connector, record, isDeleted);
  if (sync === null || known === null) return sync === known;
  return (
    meaningOf(known, before.rules) === meaningOf(sync, after.rules) &&
    (sync.scope.under.length === 0 || containersOf(before, connector) === containersOf(after, connector))
  );
}

/**
 * Whether the scope of the object cannot be judged before the agent has said which containers it means. It is looked at
 * with that answer, which is a generation of its own; until then the earlier rules hold.
 */
export function awaitsContainers(after: ResolvedRules, connector: string, record: JudgedRecord): boolean {
  if (after.containers[connector] !== undefined) return false;
  const sync = findSync(after, connector, record, record.staged.life?.isDeleted === true);
  return sync?.scope.under.some(({ kind }) => kind === 'dn') === true;
}

const containersOf = ({ containers }: ResolvedRules, connector: string): string =>
  canonical([...(containers[connector] ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Once a sync, not once an object. */
const meanings = new WeakMap<Sync, string>();

function meaningOf(sync: Sync, { parameters }: RuleSet): string {
  const known = meanings.get(sync);
  if (known !== undefined) return known;
  const meaning = canonical([describeSync(sync), parameters]);
  meanings.set(sync, meaning);
  return meaning;
}

/** What a plan rests on. How a clause of the scope is worded does not matter, what it decides does. */
function outcomeOf(judgement: Judgement): unknown {
  if (!('sync' in judgement)) return judgement;
  const { sync, ...rest } = judgement;
  const { name, targetClass, cloudConnector, lifecycle, anchor } = sync;
  const by = { name, targetClass, cloudConnector, lifecycle, anchor: anchor.to };
  if (!('projection' in rest)) return { ...rest, by };
  const { projection, ...kind } = rest;
  return { ...kind, by, projection: { ...projection, clauses: null } };
}
