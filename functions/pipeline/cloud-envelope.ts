import type { Envelope, Kind } from '../../shared/contracts/envelope.v1.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Random } from '../../shared/ports/random.ts';

export interface EnvelopePlace {
  readonly connector: string;
  readonly partition: string | null;
}

/** A message of the cloud side: unsigned, since it only names rows that the cloud side wrote itself (ADR 0004). */
export function cloudEnvelope(
  source: { readonly clock: Clock; readonly random: Random },
  kind: Kind,
  place: EnvelopePlace,
  payload: unknown,
  id?: string,
): Envelope {
  return {
    kind,
    version: 1,
    id: id ?? source.random.id('c'),
    connector: place.connector,
    agent: null,
    epoch: null,
    partition: place.partition,
    traceparent: null,
    createdAt: new Date(source.clock.now()).toISOString(),
    keyId: null,
    signature: null,
    payload: JSON.stringify(payload),
  };
}
