import type { CaptureDesk } from '../leader/capture-desk.ts';
import type { LeaseStateStore } from '../lease/lease-state-store.ts';
import type { Publisher } from '../publish/publisher.ts';

/** The term of leadership that commands work on. */
export interface CommandTarget {
  readonly state: LeaseStateStore;
  readonly desk: CaptureDesk;
  readonly publisher: Publisher;
  /** Makes the capture begin again with the state as it is now. */
  restartCapture(): void;
}
