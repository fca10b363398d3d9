import { deflateRawSync } from 'node:zlib';
import type { Poison } from '../../shared/contracts/cloud-work.v1.ts';
import type { OutgoingMessage } from '../../shared/ports/message-sender.ts';
import { cloudEnvelope, type EnvelopePlace } from './cloud-envelope.ts';
import type { Pipeline } from './pipeline.ts';

/** A message may have 256 KiB (Service Bus, standard tier). */
const bytesMax = 240_000;

/**
 * The refused message, to be sent to the poison queue. A large one is deflated: JSON text within JSON text within JSON
 * text grows by its quotes, up to eight times, and what the queue refuses would come back for ever.
 */
export function poisonMessage(
  pipeline: Pick<Pipeline, 'clock' | 'random'>,
  place: EnvelopePlace,
  poison: Poison,
): OutgoingMessage {
  const { original } = poison;
  const forms = [
    () => original,
    () => `deflate-base64:${deflateRawSync(original).toString('base64')}`,
    () => `truncated:${original.slice(0, 20_000)}`,
  ];
  for (const form of forms) {
    const envelope = cloudEnvelope(pipeline, 'poison', place, { ...poison, original: form() });
    if (Buffer.byteLength(JSON.stringify({ envelope })) <= bytesMax) return { queue: 'poison', envelope };
  }
  return { queue: 'poison', envelope: cloudEnvelope(pipeline, 'poison', place, { ...poison, original: '' }) };
}
