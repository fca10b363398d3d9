import type { CaptureDesk } from '../leader/capture-desk.ts';
import type { LeaseStateStore } from '../lease/lease-state-store.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { OlderTold } from './older-told.ts';

/** The term of leadership that commands work on. */
export interface CommandTarget {
  readonly state: LeaseStateStore;
  readonly desk: CaptureDesk;
  readonly publisher: Publisher;
  readonly olderTold: OlderTold;
  /** Makes the capture begin again with the state as it is now. */
  restartCapture(): void;
}
