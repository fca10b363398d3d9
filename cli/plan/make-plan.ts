import { isDeepStrictEqual } from 'node:util';
import { partitions } from '../../shared/model/partition.ts';
import { captureNeeds } from '../../shared/rules/capture-needs.ts';
import type { RuleFile } from '../../shared/rules/compile-rules.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import { countRowKey, objectsPartition } from '../../shared/state/keys.ts';
import type { CountRecord } from '../../shared/state/object-record.ts';
import type { WriteBucket } from '../../shared/state/write-bucket.ts';
import type { ResolvedRules } from '../../shared/plan/project-object.ts';
import type { Reading } from '../command-context.ts';
import { findConnectors, readRevision } from '../state/connectors.ts';
import { inTurns } from '../state/in-turns.ts';
import { readHolds } from '../state/read-holds.ts';
import { secondsFor, writesOf } from './count-writes.ts';
import { forecastGuard, type BudgetForecast } from './forecast-guard.ts';
import { newNameBook } from './name-book.ts';
import { findingsOf } from './plan-findings.ts';
import type { PlanHead, PlanSummary } from './plan-file.ts';
import { inReadingOrder, signOf } from './plan-signs.ts';
import type { PlannedObject, Target } from './planned-object.ts';
import { surveySource } from './read-objects.ts';
import { rulesInForce, rulesToPlan } from './rules-to-plan.ts';
import { settleLinks } from './settle-links.ts';
import type { Survey } from './survey.ts';

export interface PlanQuestion {
  readonly files: readonly RuleFile[];
  readonly rules: RuleSet;
  /** Sources to look at, all of the rules'. */
  readonly connectors: readonly string[];
  readonly domains: readonly string[];
  readonly writesPer150s: number;
  /** Epoch ms. */
  readonly now: number;
}

export interface Plan {
  readonly head: PlanHead;
  /** In reading order. */
  readonly objects: readonly PlannedObject[];
  /** By connector and source key. */
  readonly targets: ReadonlyMap<string, ReadonlyMap<string, Target>>;
  readonly budgets: readonly BudgetForecast[];
}

/** What rules would do if they were published and everything were carried out. Reads the state, writes nothing. */
export async function makePlan(tables: Reading, question: PlanQuestion): Promise<Plan> {
  const { rules, now } = question;
  const stored = await readRevision(tables);
  const [resolved, inForce] = await Promise.all([rulesToPlan(tables, rules), rulesInForce(tables, stored)]);
  const surveys: Survey[] = [];
  const names = newNameBook();
  const budgets: BudgetForecast[] = [];
  // One after the other: each has its objects in memory.
  for (const connector of question.connectors) {
    const before = isSame(inForce, resolved, connector) ? null : inForce;
    const survey = await surveySource(tables, { connector, rules: resolved, before, now, names });
    settleLinks(survey);
    const holds = await readHolds(tables, [connector], ['approved', 'rejected']);
    budgets.push(
      ...(await forecastGuard(tables, {
        survey,
        holds: new Map(holds.map((hold) => [hold.hash, hold])),
        linked: await readLinked(tables, connector),
        now,
      })),
    );
    surveys.push(survey);
  }
  const named = Object.keys(rules.connectors);
  const known = await findConnectors(tables, stored);
  const findings = findingsOf({
    surveys,
    names,
    budgets,
    domains: question.domains,
    newLinks: newLinksOf(inForce, rules, question.connectors),
    leftOut: known.filter((name) => !named.includes(name)),
  });
  const objects = inReadingOrder(surveys.flatMap(({ planned }) => planned));
  const bucket = await readBucket(tables);
  const read = surveys.reduce((sum, one) => sum + one.objects, 0);
  const summary = summaryOf(objects, read, findings, { bucket, ...question });
  return {
    head: {
      kind: 'dirbridge-plan',
      version: 1,
      at: now,
      connectors: question.connectors,
      rules: { hash: rules.hash, files: question.files },
      base:
        stored === null
          ? null
          : { revision: stored.revision, hash: stored.hash, generation: stored.generation },
      summary,
    },
    objects,
    targets: new Map(surveys.map(({ connector, targets }) => [connector, targets])),
    budgets,
  };
}

/** The same rules and containers put nobody in or out. */
const isSame = (inForce: ResolvedRules | null, planned: ResolvedRules, connector: string): boolean =>
  inForce?.rules.hash === planned.rules.hash &&
  isDeepStrictEqual(inForce.containers[connector], planned.containers[connector]);

function summaryOf(
  objects: readonly PlannedObject[],
  read: number,
  findings: PlanSummary['findings'],
  { bucket, writesPer150s, now }: { bucket: WriteBucket | null; writesPer150s: number; now: number },
): PlanSummary {
  const bySign = { '+': 0, '~': 0, '-': 0, '!': 0 };
  const byKind: Record<string, number> = {};
  let held = 0;
  let writes = 0;
  for (const object of objects) {
    bySign[signOf(object)] += 1;
    held += object.held.length;
    writes += writesOf(object);
    for (const operation of object.operations) {
      const isAdding = operation.kind === 'add-members';
      const kind = isAdding ? 'add-member' : operation.kind;
      byKind[kind] = (byKind[kind] ?? 0) + (isAdding ? operation.members.length : 1);
    }
  }
  const seconds = secondsFor(writes, { bucket, writesPer150s, now });
  return { objects: read, findings, bySign, byKind, held, writes, seconds, writesPer150s };
}

/** Links (members) that the planned rules ask for and the rules in force do not: nothing of them has been read. */
function newLinksOf(
  inForce: ResolvedRules | null,
  rules: RuleSet,
  connectors: readonly string[],
): readonly string[] {
  if (inForce === null) return [];
  return connectors.flatMap((connector) => {
    const before = captureNeeds(inForce.rules, connector);
    const after = captureNeeds(rules, connector);
    const links = after.links.filter((name) => !before.links.includes(name));
    return after.primaryGroup && !before.primaryGroup ? [...links, 'primaryGroupID'] : links;
  });
}

const partitionsAtOnce = 16;

async function readLinked(tables: Reading, connector: string): Promise<CountRecord> {
  const linked: Record<string, number> = {};
  const rows = await inTurns(partitions, partitionsAtOnce, (partition) =>
    tables.get('Objects', objectsPartition(connector, partition), countRowKey),
  );
  for (const row of rows)
    for (const [sync, number] of Object.entries((row?.data as CountRecord | undefined) ?? {}))
      linked[sync] = (linked[sync] ?? 0) + number;
  return linked;
}

/** Of the first app found: a deployment has one. */
async function readBucket(tables: Reading): Promise<WriteBucket | null> {
  for await (const row of tables.scan('Quota', { fromPartition: '0', toPartition: '~', limit: 1 }))
    return row.data as WriteBucket;
  return null;
}
