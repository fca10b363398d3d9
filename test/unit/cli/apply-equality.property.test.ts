import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planParts } from '../../../cli/apply/plan-parts.ts';
import { placed, readStandings } from '../../../cli/apply/read-standings.ts';
import type { PlanOperation } from '../../../cli/plan/plan-file.ts';
import { operationHash } from '../../../shared/plan/operation.ts';
import { updatePartHash } from '../../../shared/plan/update-part-hash.ts';
import type { JournalEntry } from '../../../shared/state/journal-entry.ts';
import { keyIn, user } from '../pipeline-review/world.ts';
import { memberHash } from '../../../shared/plan/member-hash.ts';
import { beginning, entriesIn, every, foldAll, scene } from './any-plan.ts';
import { journaled, newWorld, planOf, rules, settle, under } from './plan-scene.ts';

/** Source key to the hashes that are sent for it. */
function sentOf(operations: readonly PlanOperation[]): ReadonlyMap<string, ReadonlySet<string>> {
  const sent = new Map<string, Set<string>>();
  for (const { operations: some } of planParts(operations))
    for (const [key, hashes] of Object.entries(some))
      sent.set(key, new Set([...(sent.get(key) ?? []), ...hashes]));
  return sent;
}

/** Whether the function app would find it named, piece by piece: that is how it compares. */
function isNamed({ operation }: JournalEntry, sent: ReadonlySet<string> | undefined): boolean {
  const has = (hash: string): boolean => sent?.has(hash) === true;
  if (operation.kind === 'update')
    return Object.entries(operation.changes).every(([path, one]) =>
      has(updatePartHash(operation, path, one)),
    );
  if (operation.kind !== 'add-members') return has(operationHash(operation));
  const { key, cloudId, members } = operation;
  return members.every((member) =>
    [cloudId, null].some((id) => has(memberHash(key, id, 'add-member', member.key))),
  );
}

const lookOf = (now: number) => ({ revision: 2, generation: 2, appliedAt: now, now });

test('whatever the function app does under the rules of a plan was named, and stands as done afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ isLinked, before, after, text }) => {
      const world = await beginning(before, isLinked);
      await foldAll(world, after);
      const entries = entriesIn(await planOf(world, text));
      const places = entries.map(placed);
      const early = await readStandings(world.tables, places, lookOf(world.now));
      // Nothing has been done, and nobody has looked: what is in effect already would not be planned.
      const isHidden = ({ changes }: PlanOperation): boolean =>
        Object.values(changes).some(({ after: value }) => value === '[Redact]');
      expect(
        [...early].filter(([operation, { standing }]) => standing !== 'pending' && !isHidden(operation)),
      ).toEqual([]);
      await settle(world, every, under(world, text, 'full', 2));
      const did = (await journaled(world, 'success')).filter(({ revision }) => revision === 2);
      const sent = sentOf(entries);
      expect(did.filter((entry) => !isNamed(entry, sent.get(entry.key)))).toEqual([]);
      const late = await readStandings(world.tables, places, lookOf(world.now));
      const deleted = new Set(entries.filter(({ kind }) => kind === 'delete').map(({ key }) => key));
      const left = [...late].filter(
        // Whether a link to somebody is made before the plan deletes him is a matter of turns.
        ([{ target }, { standing }]) => standing !== 'done' && !deleted.has(target?.key ?? ''),
      );
      expect(left).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('names that are swapped are named on their way over a temporary one', async () => {
  const [ada, bob] = [keyIn('p00', 0), keyIn('p01', 0)];
  const world = newWorld();
  await world.fold([user(ada, 'ada')]);
  await world.fold([user(bob, 'bob')]);
  await settle(world, [ada, bob]);
  for (const [key, name] of [
    [ada, 'bob'],
    [bob, 'ada'],
  ] as const)
    await world.fold([
      { key, attributes: { userPrincipalName: [`${name}@corp.example`], sAMAccountName: [name] } },
    ]);
  const entries = entriesIn(await planOf(world, rules));
  await settle(world, [ada, bob], under(world, rules, 'full', 2));
  const did = (await journaled(world, 'success')).filter(({ revision }) => revision === 2);
  const sent = sentOf(entries);
  const temporary = did.filter(({ operation }) => JSON.stringify(operation).includes('.temporary'));
  expect(temporary.length).toBeGreaterThan(0);
  expect(did.filter((entry) => !isNamed(entry, sent.get(entry.key)))).toEqual([]);
  const standings = await readStandings(world.tables, entries.map(placed), lookOf(world.now));
  expect([...standings.values()].map(({ standing }) => standing)).toEqual(['done', 'done']);
});
