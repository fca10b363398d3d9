import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf } from '../../shared/model/partition.ts';
import { exactPoints, importPoint, playImport } from '../kill/exact-points.ts';
import { Stage } from '../kill/stage.ts';
import { judge, type Verdict } from '../kill/verdict.ts';

/**
 * The short set of the kill test: two hosts and an agent, and one fault at each exact point, for an object of its own.
 * The long one with random faults is `npm run kill-test`.
 */
const people = 40;
/** A lock and an attempt are waited out; a busy machine takes several times as long. */
const quietMs = 600_000;

let stage: Stage;
let verdict: Verdict;
const told: string[] = [];

beforeAll(async () => {
  stage = await Stage.open({ people, graphSpeed: 1, say: (text) => told.push(text) });
  await playImport(stage, 2);
  await stage.quiet(quietMs);
  const keys = oneOfEachPartition([...stage.company.employees.keys()]);
  for (const { name, play } of exactPoints) {
    const key = keys.pop();
    if (key === undefined) throw new Error(`nobody is left for ${name}`);
    await play(stage, key);
  }
  await stage.quiet(quietMs);
  verdict = await judge(stage.cast, stage.company, stage.order);
}, 2_400_000);
afterAll(async () => stage.close());

/** What happens in a partition at one point must not move what is seen at another. */
function oneOfEachPartition(keys: readonly string[]): string[] {
  return [...new Map(keys.map((key) => [partitionOf('corp', key), key])).values()];
}

const fell = (point: string) => stage.chronicle.falls.filter((fall) => fall.point === point);

describe('a kill, or a hold', () => {
  test('in the middle of an import: the agent goes on, and everything arrives', () => {
    expect(fell(importPoint)).toMatchObject([{ fault: 'kill agent', crossing: 'transfer changes-bulk' }]);
  });

  test.each(exactPoints.map(({ name, fault, crossing }) => [name, fault, crossing] as const))(
    '%s: by the log it fell there',
    (point, fault, crossing) => {
      expect(fell(point), told.join('\n')).toMatchObject([
        {
          fault: expect.stringMatching(fault) as string,
          crossing: expect.stringMatching(crossing) as string,
        },
      ]);
    },
  );
});

describe('after all of them', () => {
  test('both sides are equal, nothing was changed twice with effect, nothing is lost', () => {
    expect(verdict.failures, told.join('\n')).toEqual([]);
  });

  test('what may have been applied was written again, without effect', () => {
    // The lost answers alone leave one such write each: had none been repeated, no kill would have fallen in between.
    expect(verdict.ineffective).toBeGreaterThan(0);
  });
});
