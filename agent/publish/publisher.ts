import type { Kind } from '../../shared/contracts/envelope.v1.ts';
import type { ChangeSet, ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { ListComplete } from '../../shared/contracts/reading.v1.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { sealEnvelope, type SigningKey } from '../../shared/model/envelope-seal.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { MessageSender, OutgoingMessage } from '../../shared/ports/message-sender.ts';
import type { Random } from '../../shared/ports/random.ts';
import { growingPause } from '../growing-pause.ts';
import { untilAborted } from '../until-aborted.ts';
import type { Outage } from '../outage.ts';
import { ChangeSetPacker, type PackedSet } from './change-set-packer.ts';
import { ChangeStream } from './change-stream.ts';
import { packChangeSets } from './pack-change-sets.ts';

export interface PublisherOptions {
  readonly connector: string;
  readonly agent: string;
  readonly key: SigningKey;
  readonly sender: MessageSender;
  readonly clock: Clock;
  readonly random: Random;
  readonly outage: Outage;
  /** Throws when what is published might no longer be ours to publish. */
  readonly requireLease?: () => void;
  /** Told after the rest of the object has been accepted. */
  readonly onOversized?: (key: string, attribute: string) => void;
}

export interface PublishedMessage {
  readonly queue: string;
  readonly kind: Kind;
  readonly partition: string | null;
  readonly sessionId?: string;
  /** JSON text. */
  readonly payload: string;
}

/**
 * Seals what the agent says and sends it; resolves once the broker has accepted. An outage of the bus is waited out
 * with the same message ids, so that what was accepted without our hearing of it is dropped as a duplicate.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #epoch: number | null;
  readonly #signal: AbortSignal;
  /** Since it was last taken. */
  #captured = { objects: 0, messages: 0 };

  /** @param signal ends waiting; its reason is thrown. */
  constructor(options: PublisherOptions, epoch: number | null, signal: AbortSignal) {
    this.#options = options;
    this.#epoch = epoch;
    this.#signal = signal;
  }

  takeCaptured(): { objects: number; messages: number } {
    const captured = this.#captured;
    this.#captured = { objects: 0, messages: 0 };
    return captured;
  }

  /** Live change sets keep their order by the session of their partition; bulk ones need none. */
  async changes(header: Omit<ChangeSet, 'objects'>, changes: readonly ObjectChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#sendSets(header.lane, packChangeSets(this.#options.connector, header, changes));
  }

  /**
   * For a reading that comes in parts, all of which are told as of the version in `header`.
   * @param before done before anything of it is sent.
   */
  stream(header: Omit<ChangeSet, 'objects'>, before?: () => Promise<void>): ChangeStream {
    const packer = new ChangeSetPacker(this.#options.connector, header);
    return new ChangeStream(packer, async (sets) => {
      await before?.();
      await this.#sendSets(header.lane, sets);
    });
  }

  async #sendSets(lane: ChangeSet['lane'], sets: readonly PackedSet[]): Promise<void> {
    const isLive = lane === 'live';
    await this.send(
      sets.map(({ partition, payload }) => ({
        queue: isLive ? 'changes' : 'changes-bulk',
        kind: 'change-set' as const,
        partition,
        ...(isLive ? { sessionId: partition } : {}),
        payload,
      })),
    );
    for (const { objects, oversized } of sets) {
      this.#captured.objects += objects;
      for (const { key, attribute } of oversized) this.#options.onOversized?.(key, attribute);
    }
    this.#captured.messages += sets.length;
  }

  /** Closes whole member lists that were read without a change in between. */
  listsComplete(lists: readonly ListComplete[]): Promise<void> {
    return this.send(
      lists.map((list) => ({
        queue: 'changes-bulk',
        kind: 'list-complete' as const,
        partition: partitionOf(this.#options.connector, list.key),
        payload: JSON.stringify(list),
      })),
    );
  }

  async send(messages: readonly PublishedMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const outgoing = this.#seal(messages);
    for (let attempt = 0; ; attempt += 1) {
      this.#signal.throwIfAborted();
      this.#options.requireLease?.();
      try {
        await untilAborted(this.#options.sender.send(outgoing), this.#signal);
        this.#options.outage.end();
        return;
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== 'BUS_UNREACHABLE') throw error;
        this.#options.outage.begin(error);
        await this.#options.clock.sleep(growingPause(attempt, this.#options.random), this.#signal);
      }
    }
  }

  #seal(messages: readonly PublishedMessage[]): readonly OutgoingMessage[] {
    const { connector, agent, key, clock, random } = this.#options;
    const createdAt = new Date(clock.now()).toISOString();
    const trace = Buffer.from(random.bytes(16)).toString('hex');
    return messages.map(({ queue, kind, partition, sessionId, payload }) => ({
      queue,
      envelope: sealEnvelope(
        {
          kind,
          version: 1,
          id: random.id('m'),
          connector,
          agent,
          epoch: this.#epoch,
          partition,
          traceparent: `00-${trace}-${Buffer.from(random.bytes(8)).toString('hex')}-01`,
          createdAt,
          payload,
        },
        key,
      ),
      ...(sessionId === undefined ? {} : { sessionId }),
    }));
  }
}
