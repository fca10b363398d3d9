import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { bodySchema, signedBytes, type Envelope } from '../contracts/envelope.v1.ts';
import { SyncError } from '../errors/sync-error.ts';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly keyId: string;
}

/** Name of a public key: a letter, then the SHA-256 of its SPKI bytes, shortened. Not a secret. */
export function keyIdOf(publicKeySpki: Uint8Array): string {
  return `k${createHash('sha256').update(publicKeySpki).digest('base64url').slice(0, 22)}`;
}

/** Signs an envelope with the agent's Ed25519 key. */
export function sealEnvelope(fields: Omit<Envelope, 'signature' | 'keyId'>, key: SigningKey): Envelope {
  const unsigned = { ...fields, keyId: key.keyId };
  return { ...unsigned, signature: sign(null, signedBytes(unsigned), key.privateKey).toString('base64url') };
}

/** True when `publicKeySpki` made the signature over exactly this envelope. */
export function isSignedBy(envelope: Envelope, publicKeySpki: Uint8Array): boolean {
  if (envelope.signature === null || envelope.keyId !== keyIdOf(publicKeySpki)) return false;
  const key = ed25519Key(publicKeySpki);
  return (
    key !== null && verify(null, signedBytes(envelope), key, Buffer.from(envelope.signature, 'base64url'))
  );
}

/** A hello brings its key along: whatever its bytes are, they must not break the reader. */
function ed25519Key(publicKeySpki: Uint8Array): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKeySpki), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** @throws SyncError CONTRACT_INVALID naming the field that is wrong. */
export function openBody(body: unknown): Envelope {
  const parsed = bodySchema.safeParse(body);
  if (parsed.success) return parsed.data.envelope;
  throw new SyncError(
    'CONTRACT_INVALID',
    `the message is not a Dirbridge envelope: ${firstProblem(parsed.error)}`,
  );
}

/** @throws SyncError CONTRACT_INVALID naming the field that is wrong. */
export function openPayload<T>(envelope: Envelope, schema: z.ZodType<T>): T {
  const context = { kind: envelope.kind, message: envelope.id, agent: envelope.agent };
  let json: unknown;
  try {
    json = JSON.parse(envelope.payload);
  } catch (cause) {
    throw new SyncError('CONTRACT_INVALID', `the payload of ${envelope.kind} is not JSON`, {
      context,
      cause,
    });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new SyncError(
    'CONTRACT_INVALID',
    `the payload of ${envelope.kind} is wrong: ${firstProblem(parsed.error)}`,
    { context },
  );
}

/** Path and rule only: zod's text for unions may quote a value, so it is not repeated. */
function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'unknown problem';
  return `${issue.path.map(String).join('.') || 'body'}: ${issue.code.replaceAll('_', ' ')}`;
}
