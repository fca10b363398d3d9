import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlanOperation } from '../../../cli/plan/plan-file.ts';
import { memberHash } from '../../../shared/plan/member-hash.ts';
import { beginning, entriesIn, every, foldAll, hashesOf, scene } from './any-plan.ts';
import { journaled, planOf, settle, under } from './plan-scene.ts';

const lineOf = (kind: string, key: string, hash: string): string => `${key} ${kind} ${hash}`;

/** It can only be done once the plan itself has made something, so the pipeline has not announced it. */
function laterIn(entries: readonly PlanOperation[]): (entry: PlanOperation) => boolean {
  const by = (kind: string) => new Set(entries.filter((one) => one.kind === kind).map(({ key }) => key));
  const [created, restored] = [by('create'), by('restore')];
  return ({ key, kind, target }) =>
    (target?.isMade === true && kind !== 'remove-member') ||
    (created.has(key) && kind !== 'create') ||
    (restored.has(key) && kind === 'add-member');
}

test('a plan has the operations that the pipeline announces in mode plan, and the same hashes', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ isLinked, before, after, text: newRules }) => {
      const world = await beginning(before, isLinked);
      await foldAll(world, after);
      const plan = await planOf(world, newRules);
      await settle(world, every, under(world, newRules, 'plan', 2));
      const announced = (await journaled(world, 'planned')).filter(({ revision }) => revision === 2);
      const entries = entriesIn(plan);
      const isLater = laterIn(entries);
      const expected = announced.flatMap(({ operation, key, cloudId, hash }) =>
        operation.kind === 'add-members'
          ? operation.members.map((member) =>
              lineOf('add-member', key, memberHash(key, cloudId, 'add-member', member.key)),
            )
          : [lineOf(operation.kind, key, hash)],
      );
      const planned = entries
        .filter((entry) => !isLater(entry))
        .map(({ kind, key, hash }) => lineOf(kind, key, hash));
      expect(planned.sort()).toEqual([...new Set(expected)].sort());
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('carried out in full, every operation of a plan was done under its hash, and nothing is left to plan', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ isLinked, before, after, text: newRules }) => {
      const world = await beginning(before, isLinked);
      await foldAll(world, after);
      const plan = await planOf(world, newRules);
      await settle(world, every, under(world, newRules, 'full', 2));
      const done = (await journaled(world, 'success')).filter(({ revision }) => revision === 2);
      const reached = new Set(done.flatMap(hashesOf));
      const entries = entriesIn(plan);
      const deleted = new Set(entries.filter(({ kind }) => kind === 'delete').map(({ key }) => key));
      const missed = entries.filter(
        ({ hash, parts, target }) =>
          !reached.has(hash) &&
          !Object.values(parts ?? { none: '' }).every((part) => reached.has(part)) &&
          // Whether a link to somebody is made before the plan deletes him is a matter of turns.
          !deleted.has(target?.key ?? ''),
      );
      expect(missed).toEqual([]);
      const next = await planOf(world, newRules);
      expect(next.objects.map(({ label, operations }) => [label, operations])).toEqual([]);
      expect(next.head.summary.writes).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 120_000);
