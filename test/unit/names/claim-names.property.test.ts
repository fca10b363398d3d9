import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyIn } from '../pipeline-review/world.ts';
import { NamesWorld } from './names-world.ts';

const keys = [keyIn('p01', 0), keyIn('p01', 1), keyIn('p02', 0), keyIn('p03', 0), keyIn('p03', 1)];
const pool = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Everyone has a name of the pool, no two the same. */
const allotment = fc.shuffledSubarray(pool, { minLength: keys.length, maxLength: keys.length });

const round = fc.record({
  names: allotment,
  /** In which order the renames arrive, and how much time passes after each. */
  order: fc.shuffledSubarray([...keys.keys()], { minLength: keys.length, maxLength: keys.length }),
  pauses: fc.array(fc.constantFrom(0, 0, 0, 400, 2_000, 20_000), {
    minLength: keys.length,
    maxLength: keys.length,
  }),
  atOnce: fc.boolean(),
  isReversed: fc.boolean(),
});

test('any renames among a few names, in any order and rhythm: in the end everyone has the wanted one', async () => {
  await fc.assert(
    fc.asyncProperty(allotment, fc.array(round, { minLength: 1, maxLength: 3 }), async (first, rounds) => {
      const names = new NamesWorld();
      for (const [at, key] of keys.entries()) await names.create(key, first[at] ?? '');
      await names.drive(10_000);
      for (const { names: wanted, order, pauses, atOnce, isReversed } of rounds) {
        const how = { atOnce, order: (all: string[]) => (isReversed ? all.reverse() : all) };
        for (const [step, at] of order.entries()) {
          await names.rename(keys[at] ?? '', wanted[at] ?? '');
          const pause = pauses[step] ?? 0;
          if (pause > 0) await names.drive(pause, how);
        }
        await names.drive(30_000, how);
        for (const [at, key] of keys.entries()) {
          expect(await names.nameOf(key)).toBe(`${wanted[at] ?? ''}@corp.example`);
          expect(await names.nameOf(key, 'mailNickname')).toBe(wanted[at]);
        }
      }
    }),
    { numRuns: 30 },
  );
}, 300_000);
