import { describe, expect, it } from 'vitest';
import { PollPacing } from '../../../agent/capture/poll-pacing.ts';

/** Share of a minute that polls take when each finds nothing, asked every 50 ms. */
function duty(ms: number, isCalled: boolean): number {
  const pacing = new PollPacing();
  let busy = 0;
  for (let now = 1_000_000; now < 1_060_000; now += 50) {
    if (!pacing.mayPoll(now, isCalled)) continue;
    busy += ms;
    now += ms;
    pacing.polled(now, ms, false);
  }
  return busy / 60_000;
}

describe('polls that find nothing', () => {
  it.each([5, 100, 700])('of %i ms take a tenth of the time, called or not', (ms) => {
    expect(duty(ms, false)).toBeLessThanOrEqual(0.11);
    expect(duty(ms, true)).toBeLessThanOrEqual(0.13);
    expect(duty(ms, true)).toBeGreaterThan(0.05);
  });

  it('leave a notification room to be answered at once', () => {
    const pacing = new PollPacing();
    pacing.polled(1_000, 20, false);
    expect([pacing.mayPoll(1_001, false), pacing.mayPoll(1_001, true)]).toEqual([false, true]);
    pacing.polled(1_001, 200, false);
    expect(pacing.mayPoll(1_002, true)).toBe(false);
  });

  it('count no more once something was found', () => {
    const pacing = new PollPacing();
    pacing.polled(1_000, 5_000, false);
    pacing.polled(1_100, 5_000, true);
    expect(pacing.mayPoll(1_100, false)).toBe(true);
  });

  it('do not stop for long when the clock is set back', () => {
    const pacing = new PollPacing();
    pacing.polled(10_000_000, 3_600_000, false);
    expect(pacing.mayPoll(10_000_000 + 61_000, false)).toBe(true);
    pacing.polled(10_000_000, 5, false);
    expect(pacing.mayPoll(5_000_000, false)).toBe(true);
  });
});
