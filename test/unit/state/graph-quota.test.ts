import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import type { Row, TableStore } from '../../../shared/ports/table-store.ts';
import { drawBlock, reportThrottled, type GraphQuota } from '../../../shared/state/graph-quota.ts';
import { tokenPurse } from '../../../shared/state/token-purse.ts';
import {
  bucketSize,
  draw,
  fullBucket,
  spendMsMax,
  throttled,
  type WriteBucket,
  type WritePriority,
} from '../../../shared/state/write-bucket.ts';

const quota: GraphQuota = { app: 'app', tenant: 'tenant', writesPer150s: 3_000 };
const size = bucketSize(3_000);
const start = 1_800_000_000_000;

/** One row under etags, with a turn of the event loop in every call, so that askers come between each other. */
function rowStore(): { store: TableStore; requests: () => number } {
  let row: Row | undefined;
  let requests = 0;
  let version = 0;
  const unused = () => Promise.reject(new Error('not used here'));
  const store: TableStore = {
    async get() {
      requests++;
      await Promise.resolve();
      return row;
    },
    async transact(_table, _partition, [write]) {
      requests++;
      await Promise.resolve();
      if (write?.kind !== 'insert' && write?.kind !== 'replace') throw new Error('not used here');
      const holds = write.kind === 'insert' ? row === undefined : row?.etag === write.etag;
      if (!holds) throw new SyncError('STATE_CONFLICT', 'changed');
      row = {
        rowKey: write.rowKey,
        etag: String(++version),
        data: JSON.parse(JSON.stringify(write.content.data)),
        tags: {},
      };
    },
    getMany: unused,
    range: unused,
    scan: () => {
      throw new Error('not used here');
    },
  };
  return { store, requests: () => requests };
}

describe('draws', () => {
  test('a full bucket grants blocks at once, and each lane leaves its floor', async () => {
    const { store } = rowStore();
    const drain = async (priority: WritePriority) => {
      let total = 0;
      for (;;) {
        const { granted } = await drawBlock(store, quota, { now: start, want: 20, priority });
        if (granted === 0) return total;
        total += granted;
      }
    };
    const full = size.capacity;
    const bulk = await drain('bulk');
    expect(bulk).toBeGreaterThan(full * 0.75 - 20);
    expect(bulk).toBeLessThanOrEqual(full * 0.75);
    const live = await drain('live');
    expect(bulk + live).toBeGreaterThan(full * 0.95 - 4);
    expect(bulk + live).toBeLessThanOrEqual(full * 0.95);
    const urgent = await drain('urgent');
    expect(bulk + live + urgent).toBeGreaterThan(full - 1);
    expect(bulk + live + urgent).toBeLessThanOrEqual(full);
  });

  test('turns of waiting slices lie a block apart, and at its turn a slice is served', () => {
    let bucket = { ...fullBucket(size, start), tokens: size.capacity * 0.25 };
    const turns: number[] = [];
    for (let i = 0; i < 5; i++) {
      const result = draw(bucket, size, { now: start, want: 20, priority: 'bulk' });
      bucket = result.bucket;
      expect(result.grant.granted).toBe(0);
      turns.push(result.grant.waitUntilMs - start);
    }
    expect(turns).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    for (const turn of turns) {
      const result = draw(bucket, size, { now: start + turn, want: 20, priority: 'bulk' });
      expect(result.grant.granted).toBe(20);
      bucket = result.bucket;
    }
  });

  test('waiting bulk does not delay what is urgent, and no turn is promised more than a minute ahead', () => {
    let bucket = { ...fullBucket(size, start), tokens: size.capacity * 0.25 };
    let last = 0;
    for (let i = 0; i < 200; i++) {
      const result = draw(bucket, size, { now: start, want: 20, priority: 'bulk' });
      bucket = result.bucket;
      last = result.grant.waitUntilMs;
    }
    expect(last).toBe(start + 60_000);
    expect(draw(bucket, size, { now: start, want: 20, priority: 'urgent' }).grant).toMatchObject({
      granted: 20,
      waitUntilMs: start,
    });
  });

  test('a 429 stops everyone until the time it named', async () => {
    const { store } = rowStore();
    await drawBlock(store, quota, { now: start, want: 20, priority: 'live' });
    await reportThrottled(store, quota, { now: start, until: start + 30_000 });
    const during = await drawBlock(store, quota, { now: start + 10_000, want: 20, priority: 'urgent' });
    expect(during.granted).toBe(0);
    expect(during.waitUntilMs).toBeGreaterThanOrEqual(start + 30_000);
    expect(
      (await drawBlock(store, quota, { now: start + 31_000, want: 20, priority: 'urgent' })).granted,
    ).toBe(20);
  });

  test.each([
    ['urgent', 100],
    ['live', 300],
    ['bulk', 1_500],
  ] as const)('after a 429 the %s lane goes on within %d ms of the time it named', (priority, withinMs) => {
    const until = start + 30_000;
    const bucket = throttled({ ...fullBucket(size, start), tokens: 5 }, size, start, until);
    const { grant } = draw(bucket, size, { now: start + 1_000, want: 20, priority });
    expect(grant.granted).toBe(0);
    expect(grant.waitUntilMs).toBeGreaterThan(until);
    expect(grant.waitUntilMs - until).toBeLessThanOrEqual(withinMs);
    expect(draw(bucket, size, { now: grant.waitUntilMs, want: 20, priority }).grant.granted).toBeGreaterThan(
      0,
    );
  });

  test('after a 429 all lanes share what refills, and half an hour later the floors are whole again', async () => {
    const { store } = rowStore();
    const until = start + 2_000;
    await reportThrottled(store, quota, { now: start, until });
    let [bulk, all] = [0, 0];
    // Two instances, each with bulk all the time and with live writes now and then.
    for (let now = start; now < until + 20_000; now += 50) {
      for (let host = 0; host < 2; host += 1) {
        const { granted } = await drawBlock(store, quota, { now, want: 20, priority: 'bulk' });
        [bulk, all] = [bulk + granted, all + granted];
      }
      const live = await drawBlock(store, quota, { now, want: 20, need: 1, priority: 'live' });
      all += live.granted;
      const refilled = Math.max(0, now - until) * size.tokensPerMs;
      expect(all).toBeLessThanOrEqual(refilled);
      expect(bulk).toBeLessThanOrEqual(refilled * 0.75);
    }
    expect(all).toBeGreaterThan(300);
    const later = start + 1_800_000;
    let drained = 0;
    for (;;) {
      const { granted } = await drawBlock(store, quota, { now: later, want: 20, priority: 'bulk' });
      if (granted === 0) break;
      drained += granted;
    }
    expect(drained).toBeGreaterThan(size.capacity * 0.75 - 20);
    expect(drained).toBeLessThanOrEqual(size.capacity * 0.75);
  });

  test('turns of those who need one write each lie one write apart, not a block', () => {
    let bucket: WriteBucket = { ...fullBucket(size, start), tokens: 0, blockedUntil: start };
    const turns = Array.from({ length: 64 }, () => {
      const result = draw(bucket, size, { now: start, want: 20, need: 1, priority: 'live' });
      bucket = result.bucket;
      return result.grant.waitUntilMs - start;
    });
    expect(new Set(turns).size).toBe(64);
    expect(Math.max(...turns)).toBeLessThanOrEqual(64 * 55);
  });

  test('a small quota still moves in every lane', () => {
    const small = bucketSize(20);
    for (const priority of ['urgent', 'live', 'bulk'] as const) {
      let now = start;
      let bucket = { ...fullBucket(small, now), tokens: 0 };
      let granted = 0;
      for (let i = 0; i < 5 && granted === 0; i++) {
        const result = draw(bucket, small, { now, want: 20, priority });
        ({ bucket } = result);
        ({ granted } = result.grant);
        now = result.grant.waitUntilMs;
      }
      expect(granted).toBeGreaterThan(0);
      expect(now - start).toBeLessThanOrEqual(160_000);
    }
  });

  test('an instance whose clock is behind gets nothing out of the future', () => {
    const bucket = throttled(fullBucket(size, start), size, start, start + 1_000);
    const result = draw(bucket, size, { now: start - 5_000, want: 20, priority: 'urgent' });
    expect(result.grant.granted).toBe(0);
    expect(result.grant.waitUntilMs).toBeGreaterThan(start + 1_000);
  });
});

describe('the wall', () => {
  interface Step {
    readonly drawer: number;
    readonly afterMs: number;
    readonly want: number;
    readonly priority: WritePriority;
    readonly spendAfterMs: number;
    readonly spends: number;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    drawer: fc.nat(3),
    afterMs: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(30_000)),
    want: fc.integer({ min: 1, max: 20 }),
    priority: fc.constantFrom('urgent', 'live', 'bulk'),
    spendAfterMs: fc.nat(spendMsMax - 1),
    spends: fc.nat(20),
  });

  /**
   * The service's own bucket (full at the beginning) has a token for every write: whoever draws, however late within
   * the grant the writes leave, and whatever is put back. It follows that no window of 150 s sees more writes than a
   * full bucket and what refills in it.
   */
  test('holds for any number of drawers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 50, maxLength: 400 }),
        fc.constantFrom([20, 20], [60, 60], [300, 300], [300, 40], [3_000, 300]),
        async (steps, [writesPer150s = 0, burst = 0]) => {
          const { store } = rowStore();
          const purses = Array.from({ length: 4 }, () =>
            tokenPurse(store, { ...quota, writesPer150s, burst }),
          );
          const writes: number[] = [];
          let now = start;
          for (const { drawer, afterMs, want, priority, spendAfterMs, spends } of steps) {
            now += afterMs;
            const purse = purses[drawer];
            const grant = await purse?.take({ now, want, priority });
            if (purse === undefined || grant === undefined) throw new Error('no purse');
            const spent = Math.min(grant.granted, spends);
            const at = Math.min(now + spendAfterMs, grant.spendUntilMs);
            for (let i = 0; i < spent; i++) writes.push(at);
            purse.putBack({ count: grant.granted - spent, priority, spendUntilMs: grant.spendUntilMs });
          }
          expect(overdrawn(writes, writesPer150s, burst)).toBeUndefined();
        },
      ),
      { numRuns: 150 },
    );
  });

  function overdrawn(writes: readonly number[], writesPer150s: number, burst: number): number | undefined {
    let tokens = burst;
    let at = start;
    for (const write of [...writes].sort((a, b) => a - b)) {
      tokens = Math.min(burst, tokens + ((write - at) * writesPer150s) / 150_000) - 1;
      at = write;
      if (tokens < -1e-6) return write - start;
    }
    return undefined;
  }
});

describe('the purse of a process', () => {
  test('what one slice leaves over serves the next without asking the row, unless its time has passed', async () => {
    const { store, requests } = rowStore();
    const purse = tokenPurse(store, quota);
    const first = await purse.take({ now: start, want: 20, priority: 'bulk' });
    purse.putBack({ count: 12, priority: 'bulk', spendUntilMs: first.spendUntilMs });
    const before = requests();
    expect(await purse.take({ now: start + 100, want: 20, priority: 'live' })).toEqual({
      granted: 12,
      waitUntilMs: start + 100,
      readyMs: start + 100,
      spendUntilMs: first.spendUntilMs,
    });
    expect(requests()).toBe(before);
    purse.putBack({ count: 12, priority: 'bulk', spendUntilMs: first.spendUntilMs });
    expect((await purse.take({ now: first.spendUntilMs, want: 20, priority: 'live' })).granted).toBe(20);
    expect(requests()).toBeGreaterThan(before);
  });

  test('a write now and then soon takes a token or two, not a block, and a block again when there is work', async () => {
    const { store, requests } = rowStore();
    const purse = tokenPurse(store, quota);
    const take = async (now: number) => {
      const { granted, spendUntilMs } = await purse.take({ now, want: 20, need: 1, priority: 'live' });
      expect(granted).toBeGreaterThan(0);
      purse.putBack({ count: granted - 1, priority: 'live', spendUntilMs });
      return granted;
    };
    let now = start;
    const rarely: number[] = [];
    for (let write = 0; write < 8; write += 1, now += spendMsMax + 1_000) rarely.push(await take(now));
    expect(rarely).toEqual([20, 11, 6, 3, 2, 1, 2, 1]);
    const before = requests();
    for (let write = 0; write < 100; write += 1, now += 20) await take(now);
    // Two requests a draw; one draw a write would be two hundred.
    expect(requests() - before).toBeLessThan(30);
  });

  test('what was drawn as urgent does not feed bulk', async () => {
    const { store } = rowStore();
    const purse = tokenPurse(store, quota);
    purse.putBack({ count: 5, priority: 'urgent', spendUntilMs: start + 1_000 });
    expect((await purse.take({ now: start, want: 20, priority: 'bulk' })).granted).toBe(20);
    expect((await purse.take({ now: start, want: 20, priority: 'urgent' })).granted).toBe(5);
  });

  test('many slices at once and several processes: every token is granted once', async () => {
    const { store } = rowStore();
    const purses = Array.from({ length: 3 }, () => tokenPurse(store, quota));
    const grants = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        (purses[i % 3] ?? tokenPurse(store, quota)).take({ now: start, want: 20, priority: 'live' }),
      ),
    );
    expect(grants.every((grant) => grant.granted === 20)).toBe(true);
    let left = 0;
    for (;;) {
      const { granted } = await drawBlock(store, quota, { now: start, want: 20, priority: 'urgent' });
      if (granted === 0) break;
      left += granted;
    }
    expect(left).toBe(Math.floor(size.capacity) - 60 * 20);
  });

  test('after a 429 nothing that was held is used', async () => {
    const { store } = rowStore();
    const purse = tokenPurse(store, quota);
    purse.putBack({ count: 20, priority: 'bulk', spendUntilMs: start + 5_000 });
    await purse.throttled({ now: start, until: start + 3_000 });
    expect((await purse.take({ now: start + 1, want: 5, priority: 'urgent' })).granted).toBe(0);
  });
});
