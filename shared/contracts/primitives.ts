import * as z from 'zod';

/** Name of a connector: also a queue suffix and the beginning of a PartitionKey. */
export const connectorNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,19}$/, 'a connector name is 2 to 20 of a-z, 0-9 and -, beginning with a letter');

/** Source key: a GUID in its usual text order without dashes, lower case (objectGUID, entryUUID), or an HR key in hex. */
export const sourceKeySchema = z.string().regex(/^[0-9a-f]{8,64}$/, 'a source key is lower-case hex');

export const partitionSchema = z.string().regex(/^p(0\d|[1-5]\d|6[0-3])$/, 'a partition is p00 to p63');

/** Order of two reads: a later epoch wins, within one epoch the later number. */
export const versionSchema = z.strictObject({
  epoch: z.int().min(1).describe('Milliseconds, drawn when leadership was taken; only ever grows'),
  n: z.int().min(0).describe('Drawn by the leader just before each request'),
});

/**
 * One value as it travels: text, `b` bytes in base64, `d` SHA-256 of bytes that no rule maps (with their length),
 * `r` the source key of the object that a reference points to.
 */
export const valueSchema = z.union([
  z.string(),
  z.strictObject({ b: z.base64() }),
  z.strictObject({ d: z.string().regex(/^[0-9a-f]{64}$/), n: z.int().min(0) }),
  z.strictObject({ r: sourceKeySchema }),
]);

/** Ids begin with a letter: the Functions host parses strings that look like JSON (docs/reference/facts.md). */
export const messageIdSchema = z
  .string()
  .regex(/^[a-z][A-Za-z0-9-]{1,120}$/, 'a message id begins with a letter');

/** Name of an LDAP attribute or its OID: becomes a part of keys. */
export const attributeNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.;_-]{0,127}$/, 'an attribute name has letters, digits and . ; _ - only');

/** As agent.yaml has it. Becomes a part of keys, and people read it before they trust its bearer. */
export const agentNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, 'an agent name has up to 63 letters, digits and dashes');

export type Version = z.infer<typeof versionSchema>;
export type Value = z.infer<typeof valueSchema>;
