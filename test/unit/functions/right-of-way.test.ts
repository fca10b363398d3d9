import { expect, test } from 'vitest';
import { rightOfWay } from '../../../functions/pipeline/right-of-way.ts';
import type { TableStore } from '../../../shared/ports/table-store.ts';
import { MemoryTableStore } from '../../support/memory-table-store.ts';

/** Time moves only when everybody has had their turn. */
function scene() {
  let now = 1_000_000;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const clock = {
    now: () => now,
    sleep: (ms: number) =>
      new Promise<void>((resolve) => sleepers.push({ at: now + ms, wake: () => resolve() })),
  };
  const pass = async (ms: number): Promise<void> => {
    for (const end = now + ms; now < end; now += 1) {
      for (const one of sleepers.filter(({ at }) => at <= now))
        sleepers.splice(sleepers.indexOf(one), 1)[0]?.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { way: rightOfWay(clock), pass, tables: new MemoryTableStore() };
}

/** What was answered so far. */
function ask(tables: TableStore) {
  const state = { isAnswered: false };
  void tables.get('Objects', 'corp|p00', 'w').then(() => (state.isAnswered = true));
  return state;
}

const never = () => new Promise<never>(() => undefined);

test('a request of bulk waits while something live is done, and until its turn has come', async () => {
  const { way, pass, tables } = scene();
  const done = Promise.withResolvers<undefined>();
  const living = way.live(() => done.promise);
  const asked = ask(way.givingWay(tables));
  await pass(200);
  expect(asked.isAnswered).toBe(false);
  done.resolve(undefined);
  await living;
  await pass(30);
  expect(asked.isAnswered).toBe(false);
  await pass(60);
  expect(asked.isAnswered).toBe(true);
});

test('it does not wait while nothing live is done, and what is live never waits', async () => {
  const { way, pass, tables } = scene();
  void way.bulk(never);
  const asked = ask(way.givingWay(tables));
  expect(await way.live(() => Promise.resolve('done'))).toBe('done');
  await pass(2);
  expect(asked.isAnswered).toBe(true);
});

test('its tables are always the same object: what waits for one row is put together by it', () => {
  const { way, tables } = scene();
  expect(way.givingWay(tables)).toBe(way.givingWay(tables));
  expect(way.givingWay(tables)).not.toBe(tables);
});

test('something live that waits for long holds nobody up for ever', async () => {
  const { way, pass, tables } = scene();
  void way.live(never);
  const first = ask(way.givingWay(tables));
  await pass(600);
  expect(first.isAnswered).toBe(true);
  await pass(1_500);
  const later = ask(way.givingWay(tables));
  await pass(5);
  expect(later.isAnswered).toBe(true);
});

test('live changes that never pause only slow bulk down', async () => {
  const { way, pass, tables } = scene();
  const asked = ask(way.givingWay(tables));
  for (let count = 0; count < 30; count += 1) {
    void way.live(never);
    await pass(20);
  }
  expect(asked.isAnswered).toBe(true);
});

test('two messages of bulk are folded at a time, the others in their order, whatever becomes of them', async () => {
  const { way } = scene();
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<undefined>());
  const begun: number[] = [];
  const folds = gates.map(({ promise }, index) =>
    way.bulk(() => {
      begun.push(index);
      return promise;
    }),
  );
  const outcomes = Promise.allSettled(folds);
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  gates[1]?.reject(new Error('failed'));
  await expect(folds[1]).rejects.toThrow('failed');
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of gates) resolve(undefined);
  await outcomes;
  expect(begun).toEqual([0, 1, 2, 3]);
});
