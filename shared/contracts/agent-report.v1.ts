import * as z from 'zod';
import { sourceKeySchema } from './primitives.ts';

/** First words of an agent: its public key, which a person pins by "dirbridge agents trust". */
export const helloSchema = z.strictObject({
  software: z.string(),
  publicKey: z.base64().describe('Ed25519 public key, SPKI DER'),
  startedAt: z.iso.datetime(),
});

export const heartbeatSchema = z.strictObject({
  state: z.enum(['waiting', 'standby', 'leader', 'stopped']),
  revision: z.int().nullable().describe('Of the configuration in force'),
  watermarks: z.array(
    z.strictObject({
      namingContext: z.string(),
      server: z.string(),
      usn: z.string(),
      at: z.iso.datetime().describe('When something that was read was last stored'),
      lookedAt: z.iso.datetime().optional().describe('Up to then everything has been read'),
    }),
  ),
  import: z.strictObject({ id: z.string(), sent: z.int(), total: z.int().nullable() }).nullable(),
  captured: z.strictObject({ objects: z.int(), messages: z.int() }).describe('Since the last heartbeat'),
  troubles: z
    .array(z.strictObject({ code: z.string(), message: z.string(), since: z.iso.datetime() }))
    .optional()
    .describe('What is wrong now; gone when its cause is'),
});

/** Answer to `configure`: the containers that scopes name, as keys. */
export const configuredSchema = z.strictObject({
  revision: z.int().min(1),
  containers: z.array(z.strictObject({ dn: z.string(), key: sourceKeySchema.nullable() })),
});

/** Something a person should know; the agent goes on as its disposition says. */
export const problemSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  key: sourceKeySchema.optional(),
  attribute: z.string().optional(),
});

export type Hello = z.infer<typeof helloSchema>;
export type Heartbeat = z.infer<typeof heartbeatSchema>;
export type Configured = z.infer<typeof configuredSchema>;
export type Problem = z.infer<typeof problemSchema>;
