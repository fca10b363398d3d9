import type { Heartbeat } from '../../shared/contracts/agent-report.v1.ts';
import type { ControllerFacts } from '../../shared/adapters/active-directory/domain-controller.ts';
import { sentOf } from '../capture/import-capture.ts';
import type { LeaseState } from '../lease/lease-state.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { ImportProgress } from './import-progress.ts';
import type { Troubles } from './troubles.ts';

/** What the agent is doing, for heartbeats and for the person at the terminal. */
export class AgentStatus {
  readonly #progress: ImportProgress;
  readonly troubles: Troubles;
  /** By naming context, epoch ms. */
  readonly #lookedAt = new Map<string, number>();
  #state: Heartbeat['state'] = 'standby';
  #lease: (() => LeaseState) | null = null;
  #publisher: Publisher | null = null;
  /** Objects of the first naming contexts, once they have been counted. */
  #total: number | null = null;

  constructor(progress: ImportProgress, troubles: Troubles) {
    this.#progress = progress;
    this.troubles = troubles;
  }

  become(state: Heartbeat['state']): void {
    this.#state = state;
    if (state === 'leader') return;
    this.#lease = this.#publisher = null;
    this.#lookedAt.clear();
    this.troubles.clear();
  }

  lead(state: () => LeaseState, publisher: Publisher): void {
    this.#state = 'leader';
    this.#lease = state;
    this.#publisher = publisher;
  }

  onCapture(_facts: ControllerFacts, state: { readonly current: LeaseState }): void {
    this.#total = null;
    this.onImported(state);
  }

  onCounted(total: number): void {
    this.#total = total;
  }

  /** Everything that the naming context held at that moment has been read. */
  onLooked(namingContext: string, at: number): void {
    this.#lookedAt.set(namingContext, at);
  }

  onImported(state: { readonly current: LeaseState }): void {
    const running = importOf(state.current);
    if (running === null) this.#progress.end(sentIn(state.current));
    else this.#progress.show(running.sent, this.#total);
  }

  get needsConfigure(): boolean {
    return this.#lease === null ? this.#state !== 'standby' : this.#lease().configure === null;
  }

  heartbeat(): Heartbeat {
    const state = this.#lease?.() ?? null;
    const running = state === null ? null : importOf(state);
    const isWaiting = this.#state === 'leader' && state?.configure === null;
    return {
      state: isWaiting ? 'waiting' : this.#state,
      revision: state?.revision ?? null,
      watermarks: (state?.watermarks ?? []).map(({ namingContext, server, usn, at }) => ({
        namingContext,
        server,
        usn,
        at,
        ...this.#looked(namingContext),
      })),
      import: running === null ? null : { ...running, total: this.#total },
      captured: this.#publisher?.takeCaptured() ?? { objects: 0, messages: 0 },
      troubles: this.troubles.list(),
    };
  }

  #looked(namingContext: string): { lookedAt?: string } {
    const at = this.#lookedAt.get(namingContext);
    return at === undefined ? {} : { lookedAt: new Date(at).toISOString() };
  }
}

function importOf(state: LeaseState): { id: string; sent: number } | null {
  const { import: running } = state;
  if (running === null) return null;
  const isDone = running.contexts.length > 0 && running.contexts.every((place) => place.isDone);
  return isDone ? null : { id: running.id, sent: sentIn(state) };
}

function sentIn(state: LeaseState): number {
  return (state.import?.contexts ?? []).reduce((sum, place) => sum + sentOf(place), 0);
}
