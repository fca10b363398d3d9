import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WakeUp } from '../../../agent/capture/wake-up.ts';

describe('a wake-up', () => {
  it('wakes whoever waits, and whoever comes after it', async () => {
    const wake = new WakeUp();
    const { signal } = new AbortController();
    const waiting = wake.wait(signal);
    wake.set();
    await waiting;
    await wake.wait(signal);
    expect([wake.take(), wake.take()]).toEqual([true, false]);
  });

  it('leaves one listener behind however often somebody waits, and none once it was set', async () => {
    const wake = new WakeUp();
    const { signal } = new AbortController();
    const waits = Array.from({ length: 1_000 }, () => wake.wait(signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    wake.set();
    await Promise.all(waits);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('ends waiting when the signal fires', async () => {
    const stop = new AbortController();
    const wake = new WakeUp();
    const waiting = wake.wait(stop.signal);
    stop.abort();
    await waiting;
    expect(wake.take()).toBe(false);
  });
});
