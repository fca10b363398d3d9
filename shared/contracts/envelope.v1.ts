import * as z from 'zod';
import { agentNameSchema, connectorNameSchema, messageIdSchema, partitionSchema } from './primitives.ts';

/** Kinds that agents make and sign; an agent key may sign no other. */
export const agentKinds = [
  'change-set',
  'list-complete',
  'import-complete',
  'vanished',
  'hello',
  'heartbeat',
  'configured',
  'problem',
] as const;
/** Kinds that the cloud side makes. They only name a row that the cloud wrote, so they prove nothing by themselves. */
export const cloudKinds = [
  'work',
  'operator-request',
  'configure',
  'refresh',
  'probe',
  'full-import',
  'poison',
] as const;

export const kindSchema = z.enum([...agentKinds, ...cloudKinds]);
export type Kind = z.infer<typeof kindSchema>;

/**
 * The one top-level property of every message body: the Functions host copies top-level members of a body over its own
 * trigger metadata, so there must be nothing else (docs/reference/facts.md).
 * `payload` is JSON text, so that the signature covers bytes and not an interpretation of them.
 */
export const envelopeSchema = z.strictObject({
  kind: kindSchema,
  version: z.literal(1),
  id: messageIdSchema,
  connector: connectorNameSchema,
  agent: agentNameSchema.nullable(),
  epoch: z.int().min(0).nullable(),
  partition: partitionSchema.nullable(),
  traceparent: z.string().max(64).nullable(),
  createdAt: z.iso.datetime(),
  keyId: z
    .string()
    .regex(/^k[A-Za-z0-9_-]{8,64}$/)
    .nullable(),
  signature: z.base64url().nullable(),
  payload: z.string(),
});

export const bodySchema = z.strictObject({ envelope: envelopeSchema });
export type Envelope = z.infer<typeof envelopeSchema>;

/** The bytes an Ed25519 signature covers: every field but the signature itself, in a fixed order. */
export function signedBytes(envelope: Omit<Envelope, 'signature'>): Uint8Array {
  const { kind, version, id, connector, agent, epoch, partition, traceparent, createdAt, keyId, payload } =
    envelope;
  return new TextEncoder().encode(
    JSON.stringify([
      'dirbridge/1',
      kind,
      version,
      id,
      connector,
      agent,
      epoch,
      partition,
      traceparent,
      createdAt,
      keyId,
      payload,
    ]),
  );
}
