import type { Cloud, GraphEntry } from '../../e2e/support/cloud.ts';

export interface GraphTally {
  readonly requests: number;
  /** Requests that Graph counts against the quota of writes, refused ones left out. */
  readonly writes: number;
  readonly throttled: number;
  /** Of Graph's clock, epoch ms. */
  readonly firstAt: number;
  readonly lastAt: number;
}

const emptyTally: GraphTally = {
  requests: 0,
  writes: 0,
  throttled: 0,
  firstAt: Number.POSITIVE_INFINITY,
  lastAt: 0,
};

/** What Graph says it was asked, read on from where it was read last: its whole log is long. */
export class GraphWatch {
  readonly #cloud: Cloud;
  #seq = 0;

  constructor(cloud: Pick<Cloud, 'graphUrl'> & Cloud) {
    this.#cloud = cloud;
  }

  /** Requests since the last call; envelopes of batches are none themselves. */
  async news(): Promise<readonly GraphEntry[]> {
    const answer = await fetch(`${this.#cloud.graphUrl}/_local/log?since=${this.#seq}`);
    const { seq, entries } = (await answer.json()) as { seq: number; entries: GraphEntry[] };
    this.#seq = seq;
    return entries.filter((entry) => !entry.path.endsWith('/$batch'));
  }
}

export const isWrite = (entry: GraphEntry): boolean => entry.method !== 'GET';

export function tally(entries: readonly GraphEntry[], before: GraphTally = emptyTally): GraphTally {
  let { requests, writes, throttled, firstAt, lastAt } = before;
  for (const entry of entries) {
    requests += 1;
    if (entry.status === 429) throttled += 1;
    else if (isWrite(entry)) {
      writes += 1;
      firstAt = Math.min(firstAt, entry.startedAt);
      lastAt = Math.max(lastAt, entry.answeredAt);
    }
  }
  return { requests, writes, throttled, firstAt, lastAt };
}

export interface EffectCounts {
  readonly created: number;
  readonly managers: number;
  readonly members: number;
}

/** What has really changed, by Graph's own count. */
export async function effectCounts(graphUrl: string): Promise<EffectCounts> {
  const answer = await fetch(`${graphUrl}/_local/effects`);
  const { properties } = (await answer.json()) as { properties: Record<string, number> };
  const of = (name: string) => properties[name] ?? 0;
  return { created: of('created'), managers: of('manager'), members: of('members') };
}
