import { SyncError } from '../../shared/errors/sync-error.ts';
import { leaseStateBytesMax, type LeaseState } from './lease-state.ts';

/**
 * The leader's state in memory and its one way to the session. Writes follow one another; each carries all changes made
 * before it began, so callers that wait together share one.
 */
export class LeaseStateStore {
  readonly #write: (json: string) => Promise<void>;
  #state: LeaseState;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(state: LeaseState, write: (json: string) => Promise<void>) {
    this.#state = state;
    this.#write = write;
  }

  get current(): LeaseState {
    return this.#state;
  }

  /** Changes the state in memory and resolves once the broker has it. */
  update(change: (state: LeaseState) => LeaseState): Promise<void> {
    this.#state = change(this.#state);
    return this.save();
  }

  /** Changes the state in memory only; the next write carries it. */
  amend(change: (state: LeaseState) => LeaseState): void {
    this.#state = change(this.#state);
  }

  save(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        const json = JSON.stringify(this.#state);
        if (json.length > leaseStateBytesMax)
          throw new SyncError('BUS_REFUSED', 'the state of the lease has grown too large', {
            context: { bytes: json.length },
          });
        this.#writing = this.#write(json);
        return this.#writing;
      });
    return this.#next;
  }
}
