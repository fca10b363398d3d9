import type { CommandContext } from '../../../cli/command-context.ts';
import { planRules, type PlanOptions } from '../../../cli/commands/plan.ts';
import type { Outcome } from '../../../cli/outcome.ts';
import { makePlan, type Plan } from '../../../cli/plan/make-plan.ts';
import { sourcesOf } from '../../../cli/plan/rules-to-plan.ts';
import { plain } from '../../../cli/text/paint.ts';
import type { Mode, Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { walkTo } from '../../../functions/pipeline/walk-revision.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { compileRules, type RuleFile } from '../../../shared/rules/compile-rules.ts';
import type { RuleSet } from '../../../shared/rules/rule-set.ts';
import type { JournalEntry } from '../../../shared/state/journal-entry.ts';
import { containersRowKey, latestRowKey, revisionRowKey } from '../../../shared/state/rule-rows.ts';
import { connector, World, type WorldOptions } from '../pipeline-review/world.ts';
import { fakeIo } from './fake-io.ts';

/** Rules of the scenes; tests turn single lines of it. */
export const rules = `
version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    scope: { exclude: none, where: ['IsNullOrEmpty([info])'] }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[displayName]'
      jobTitle: '[title]'
      department: '[department]'
      usageLocation: '[c]'
      accountEnabled: 'IIF(CBool(BitAnd([userAccountControl], 2)), "False", "True")'
      manager: { reference: manager }
    lifecycle:
      disabled: { action: disable, revokeSessions: true }
      leftScope: { action: disable, deleteAfter: P30D }
      deleted: { action: delete }
    budgets:
      disable: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
      delete: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
      blank: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
      rename: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
  groups:
    from: { connector: corp, class: group }
    to: { connector: cloud, class: group }
    scope: { exclude: none }
    anchor: { from: [objectGUID], to: uniqueName, as: hex }
    flows:
      displayName: '[displayName]'
      description: '[description]'
      mailNickname: { value: '[sAMAccountName]', apply: create }
      mailEnabled: '"False"'
      securityEnabled: '"True"'
      members: { references: member }
    lifecycle: { deleted: { action: delete } }
    budgets:
      removeMembers: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
      delete: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
`;

export const newWorld = (options: WorldOptions = {}): World => new World({ rules: () => rules, ...options });

export const filesOf = (text: string): readonly RuleFile[] => [{ name: 'rules.yaml', text }];

export function compiled(text: string): RuleSet {
  const result = compileRules(filesOf(text));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.rules;
}

/** The pipeline over the same state, with other rules as a newer revision. */
export function under(world: World, text: string, mode: Mode, revision: number): Pipeline {
  const inForce = { revision, generation: revision, rules: compiled(text), containers: {} };
  const source = {
    inForce: () => Promise.resolve(inForce),
    earlier: () => world.pipeline.rules.inForce(0),
    refresh: () => undefined,
  };
  return { ...world.pipeline, mode, rules: source };
}

/** Turns of all partitions that keys lie in, as after a publication, until references and members are settled too. */
export async function settle(
  world: World,
  keys: readonly string[],
  pipeline: Pipeline = world.pipeline,
): Promise<void> {
  const partitions = [...new Set(keys.map((key) => partitionOf(connector, key)))];
  const generation = (await pipeline.rules.inForce(0))?.generation ?? 0;
  for (const partition of partitions)
    await walkTo(pipeline, { connector, partition }, { generation, by: `walk-${generation}` });
  for (let round = 0; round < 3; round += 1)
    for (const partition of partitions) {
      world.now += 2_000;
      await world.turns(partition, pipeline);
    }
}

/** What `dirbridge rules publish` leaves in the state. */
export async function publish(world: World, text: string, revision = 1): Promise<void> {
  const { hash } = compiled(text);
  const stored = { revision, hash, files: filesOf(text), publishedAt: world.now, publishedBy: 'me' };
  await world.tables.transact('Rules', 'rules', [
    { kind: 'upsert', rowKey: revisionRowKey(revision), content: { data: stored } },
    {
      kind: 'upsert',
      rowKey: latestRowKey,
      content: { data: { revision, hash, generation: revision } },
    },
  ]);
}

export async function resolveContainer(
  world: World,
  dn: string,
  key: string | null,
  revision = 1,
): Promise<void> {
  await world.tables.transact('Rules', 'rules', [
    {
      kind: 'upsert',
      rowKey: containersRowKey(connector, revision),
      content: { data: { containers: [{ dn, key }] } },
    },
  ]);
}

export function planOf(
  world: World,
  text: string = rules,
  options: { readonly domains?: readonly string[] } = {},
): Promise<Plan> {
  const set = compiled(text);
  return makePlan(world.tables, {
    files: filesOf(text),
    rules: set,
    connectors: sourcesOf(set),
    domains: [],
    writesPer150s: 3_000,
    now: world.now,
    ...options,
  });
}

/** The command itself over the state of a world. */
export async function planCommand(
  world: World,
  options: Partial<PlanOptions> & Pick<PlanOptions, 'rules'>,
  env: Record<string, string> = {},
): Promise<Outcome & { readonly err: readonly string[] }> {
  const io = { ...fakeIo({ env }), now: () => world.now };
  const context: CommandContext = {
    io,
    paint: plain,
    tables: () => world.tables,
    operator: () => {
      throw new Error('a plan asks nobody');
    },
    say: (text) => io.stderr.write(text),
  };
  return { ...(await planRules(context, { limit: 50, ...options })), err: io.err };
}

export async function journaled(
  world: World,
  outcome: JournalEntry['outcome'],
): Promise<readonly JournalEntry[]> {
  const rows = await world.journal();
  return rows.map((row) => row.data as JournalEntry).filter((entry) => entry.outcome === outcome);
}
