import type { Clock } from '../../shared/ports/clock.ts';
import type { Priority } from '../../shared/state/keys.ts';
import type { TokenPurse } from '../../shared/state/token-purse.ts';
import type { BulkPace } from './bulk-pace.ts';
import type { WriteTokens } from './write-tokens.ts';

/** Drawn at once although one write may be all there is: the next one then finds its token here, without a table. */
const blockSize = 20;

/** Tokens of this process, as slices use them. */
export function purseTokens(purse: TokenPurse, clock: Clock, pace: BulkPace): WriteTokens {
  const readyAt = new Map<Priority, number>();
  let pausedUntil = 0;
  return {
    async take(count, priority) {
      const now = clock.now();
      if (now < pausedUntil) return { granted: 0, waitUntil: pausedUntil };
      const draw = (want: number) =>
        purse.take({ now, want: Math.max(want, blockSize), need: want, priority });
      const first = await draw(count);
      // What another slice has left over may be a few: seventeen of twenty objects would be planned once more.
      const isLeftover = first.granted > 0 && first.granted < count;
      const second = isLeftover ? await draw(count - first.granted) : null;
      const granted = first.granted + (second?.granted ?? 0);
      const { waitUntilMs, readyMs, spendUntilMs } = second ?? first;
      if (granted > count) purse.putBack({ count: granted - count, priority, spendUntilMs });
      const isShort = granted < count;
      // Not the asker's own turn: others have theirs before it.
      if (isShort) readyAt.set(priority, readyMs);
      return { granted: Math.min(granted, count), waitUntil: isShort ? waitUntilMs : null };
    },
    readyAt: (priority) => Math.max(pausedUntil, readyAt.get(priority) ?? 0),
    admit: (count, priority, now) => (priority === 'bulk' ? pace.admit(count, now) : now),
    leave: (count, priority, tookMs) => {
      if (priority === 'bulk') pace.leave(count, tookMs);
    },
    queueEnd: (priority) => (priority === 'bulk' ? pace.queueEnd() : 0),
    async throttled(until) {
      for (const priority of ['urgent', 'live', 'bulk'] as const) readyAt.set(priority, until);
      await purse.throttled({ now: clock.now(), until });
    },
    pause(until) {
      pausedUntil = Math.max(pausedUntil, until);
    },
  };
}
