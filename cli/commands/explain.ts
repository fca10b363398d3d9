import type { Value } from '../../shared/contracts/primitives.ts';
import { formatVersion, isNewer } from '../../shared/model/version.ts';
import { judgeObject, type Judgement } from '../../shared/plan/judge-object.ts';
import { planObject, type ObjectPlan } from '../../shared/plan/plan-object.ts';
import type { ResolvedReference } from '../../shared/plan/plan-references.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import { redactedText } from '../../shared/rules/redact-value.ts';
import { isRedacted } from '../../shared/rules/redacted-targets.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import type { CommandContext, Reading } from '../command-context.ts';
import { countedReading } from '../explain/counted-reading.ts';
import { concerns, explainFlows } from '../explain/explain-flows.ts';
import type { Explanation, SourceFact } from '../explain/explanation.ts';
import { cluesOf, findObjects, whoHelp, type FoundObject } from '../explain/find-object.ts';
import { readRules, readSurroundings, type RulesNow, type Surroundings } from '../explain/read-facts.ts';
import { reasonsOf } from '../explain/reasons.ts';
import { usageError } from '../command-error.ts';
import type { Outcome } from '../outcome.ts';
import { describeObject } from '../state/describe-object.ts';
import { readImports } from '../state/read-notes.ts';
import { explanationText, neverReadText } from '../explain/explanation-text.ts';

export interface ExplainOptions {
  readonly connector?: string;
}

/** Why an object, and one of its attributes, is what it is in the cloud, or is not there. */
export async function explain(
  context: CommandContext,
  who: string,
  attribute: string | undefined,
  options: ExplainOptions,
): Promise<Outcome> {
  const now = context.io.now();
  const { tables, requests } = countedReading(context.tables());
  const clues = cluesOf(who);
  const rules = await readRules(tables, options.connector);
  const connectors = sourcesOf(rules, options.connector);
  const clouds = Object.values(rules?.rules.connectors ?? {}).flatMap(({ name, type }) =>
    type === 'entra' ? [name] : [],
  );
  const found = await findObjects(tables, clues, { connectors, clouds });
  if (found.length === 0) return neverRead(tables, { who, connectors, requests, now, context });
  const explanations: Explanation[] = [];
  for (const one of found) explanations.push(await explainObject(tables, rules, one, now));
  const shown = attribute === undefined ? explanations : explanations.map((one) => only(one, attribute));
  return {
    data: { who, attribute: attribute ?? null, found: shown, requests: requests() },
    text: shown.map((one) => explanationText(one, { attribute, now, paint: context.paint })).join('\n\n'),
  };
}

function sourcesOf(rules: RulesNow | null, wanted: string | undefined): readonly string[] {
  const all = Object.values(rules?.rules.connectors ?? {}).flatMap(({ name, type }) =>
    type === 'entra' ? [] : [name],
  );
  if (wanted === undefined) {
    if (all.length === 0) throw usageError('no rules are published', 'Name the source with --connector.');
    return all;
  }
  if (rules !== null && !all.includes(wanted))
    throw usageError(`there is no source connector ${wanted}`, `Known: ${all.join(', ')}.`);
  return [wanted];
}

interface Asked {
  readonly who: string;
  readonly connectors: readonly string[];
  readonly requests: () => number;
  readonly now: number;
  readonly context: CommandContext;
}

async function neverRead(tables: Reading, asked: Asked): Promise<Outcome> {
  const { who, connectors, context, requests } = asked;
  const imports = await Promise.all(
    connectors.map(async (connector) => ({ connector, imports: await readImports(tables, connector) })),
  );
  return {
    data: { who, found: [], imports, requests: requests() },
    text: neverReadText(who, imports, asked.now, context.paint),
    next: whoHelp,
  };
}

async function explainObject(
  tables: Reading,
  rules: RulesNow | null,
  found: FoundObject,
  now: number,
): Promise<Explanation> {
  const { connector, key, record, by, isFormer } = found;
  const { staged, link } = record;
  const judgement = rules === null ? null : judgeObject(rules, connector, record, now);
  const projection = projectionOf(judgement);
  const wanted = projection?.kind === 'in' ? projection.references : {};
  const surroundings = await readSurroundings(tables, found, wanted);
  const plan = planOf(judgement, found, wanted, surroundings, now);
  const operations = plan?.operations ?? [];
  const sync = judgement !== null && 'sync' in judgement ? judgement.sync : null;
  const flows = sync === null ? [] : explainFlows(sync, projection, record, operations);
  return {
    connector,
    key,
    foundBy: by,
    isFormer,
    object: describeObject(record),
    class: staged.class?.name ?? null,
    revision: { inForce: rules?.revision ?? null, plannedWith: record.revision },
    sync: sync?.name ?? null,
    cloud:
      link === null
        ? null
        : {
            id: link.cloudId,
            class: link.cloudClass,
            state: link.state,
            linkedAt: link.linkedAt,
            anchor: link.anchor,
            isFound: link.isFound === true,
          },
    why: reasonsOf({
      ...{ record, judgement, surroundings, operations, now },
      waitingFor: plan?.waitingFor ?? [],
    }),
    scope: projection === null || projection.kind === 'waiting' ? [] : projection.clauses,
    match: { by: 'anchor', anchor: projection?.kind === 'in' ? projection.anchor : (link?.anchor ?? null) },
    flows,
    source: sourceFacts(found, sync),
    members: surroundings.members,
    holds: surroundings.holds,
    journal: surroundings.journal,
  };
}

function projectionOf(judgement: Judgement | null): Projection | null {
  return judgement !== null && 'projection' in judgement ? judgement.projection : null;
}

/** As the function app would plan it now; members are rows of their own. */
function planOf(
  judgement: Judgement | null,
  { record }: FoundObject,
  wanted: Readonly<Record<string, string | null>>,
  { references }: Surroundings,
  now: number,
): ObjectPlan | null {
  if (judgement === null || (judgement.kind !== 'projected' && judgement.kind !== 'gone')) return null;
  const resolved = Object.entries(wanted).map(([name, targetKey]): [string, ResolvedReference | null] => {
    const target = references.get(name)?.record?.link;
    const cloudId = target?.state === 'live' ? target.cloudId : null;
    return [name, targetKey === null ? null : { targetKey, cloudId }];
  });
  return planObject({
    sync: judgement.sync,
    staged: record.staged,
    link: record.link,
    projection: judgement.kind === 'projected' ? judgement.projection : null,
    references: Object.fromEntries(resolved),
    isAppliedUnknown: false,
    now,
  });
}

/** What a redacted flow reads is not shown either, whatever becomes of the flow. */
function sourceFacts({ record }: FoundObject, sync: Sync | null): readonly SourceFact[] {
  const { attributes, oversized } = record.staged;
  const hidden = new Set(
    sync?.flows.flatMap((flow) =>
      flow.kind === 'value' && isRedacted(flow.expression)
        ? flow.expression.attributes.map((name) => name.toLowerCase())
        : [],
    ),
  );
  const names = [...new Set([...Object.keys(attributes), ...Object.keys(oversized)])].sort();
  return names.map((name) => {
    const staged = attributes[name];
    const tooLarge = oversized[name];
    const values = staged?.values.map((value) => (hidden.has(name) ? redactedText : shownValue(value)));
    return {
      attribute: name,
      values,
      version: staged === undefined ? null : formatVersion(staged.version),
      isOversized: tooLarge !== undefined && isNewer(tooLarge, staged?.version),
    };
  });
}

function shownValue(value: Value): unknown {
  if (typeof value === 'string') return value;
  if ('b' in value) return { base64: value.b };
  return 'r' in value ? { object: value.r } : {};
}

/** Only what has to do with one attribute, of the source or of the target. */
function only(explanation: Explanation, attribute: string): Explanation {
  const flows = explanation.flows.filter((flow) => concerns(flow, attribute));
  const names = new Set(
    [attribute, ...flows.flatMap((flow) => flow.reads)].map((name) => name.toLowerCase()),
  );
  const source = explanation.source.filter((fact) => names.has(fact.attribute));
  const missing = [...names].filter((name) => !source.some((fact) => fact.attribute === name));
  const isRead = (name: string): boolean =>
    flows.some((flow) => flow.reads.some((one) => one.toLowerCase() === name));
  return {
    ...explanation,
    flows,
    source: [
      ...source,
      ...missing.filter(isRead).map((name): SourceFact => ({
        attribute: name,
        values: undefined,
        version: null,
        isOversized: false,
      })),
    ],
  };
}
