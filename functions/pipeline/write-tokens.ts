import type { Priority } from '../../shared/state/keys.ts';

/** Graph write tokens of this process, drawn in blocks from the row that all processes share. */
export interface WriteTokens {
  /** How many of `count` writes may be sent now; when fewer, from when (epoch ms) more may be. */
  take(
    count: number,
    priority: Priority,
  ): Promise<{ readonly granted: number; readonly waitUntil: number | null }>;
  /** Epoch ms before which `take` would grant nothing; in the past when it would. */
  readyAt(priority: Priority): number;
  /**
   * Epoch ms from which a slice may look at so many objects of that priority; `now` when it may at once, and then they are
   * counted until `leave`. Only bulk waits here, for the sake of what else this process does.
   */
  admit(count: number, priority: Priority, now: number): number;
  /** What was admitted has been looked at, which took so long. */
  leave(count: number, priority: Priority, tookMs: number): void;
  /** Epoch ms at which a turn that is asked for now has its place behind those that were promised. */
  queueEnd(priority: Priority): number;
  /** Graph asked to wait until then: nobody writes before. */
  throttled(until: number): Promise<void>;
  /** This process sends nothing before: its token was refused. What Graph grants is untouched. */
  pause(until: number): void;
}
