import * as z from 'zod';
import { connectorNameSchema } from '../../shared/contracts/primitives.ts';

/** A secret is never in the file: it is read from another file or from an environment variable. */
export const secretSchema = z
  .union([
    z.strictObject({
      file: z.string().min(1).describe('Path of a file that holds the secret and nothing else'),
    }),
    z.strictObject({ env: z.string().min(1).describe('Name of an environment variable') }),
  ])
  .describe('{ file: path } or { env: NAME }');

const durationSchema = z
  .string()
  .regex(/^PT(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?$/, 'a duration is written like PT30S, PT5M or PT0.05S');

const fileReference = z.strictObject({ file: z.string().min(1) });

const tlsSchema = z.strictObject({
  mode: z
    .enum(['ldaps', 'starttls', 'none'])
    .default('ldaps')
    .describe('`none` sends the password in the clear and is taken for loopback addresses only'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file with the authorities that issue the certificates of the domain controllers'),
  servername: z.string().min(1).optional().describe('Name in the certificate, where the URL has another one'),
});

export const agentFileSchema = z.strictObject({
  version: z.literal(1),
  connector: connectorNameSchema.describe('Name of the connector in the rules'),
  agent: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, 'an agent name has up to 63 letters, digits and dashes')
    .describe('Name of this agent, unique per host'),
  directory: z.strictObject({
    type: z.literal('active-directory'),
    urls: z
      .array(z.string().regex(/^ldaps?:\/\/[^/\s]+\/?$/, 'a URL is written ldaps://host or ldap://host'))
      .min(1)
      .describe('Domain controllers in order of preference'),
    tls: tlsSchema.prefault({}),
    bind: z.strictObject({
      user: z.string().min(1).describe('User principal name, DOMAIN\\user or distinguished name'),
      password: secretSchema,
    }),
    namingContexts: z
      .union([z.literal('auto'), z.array(z.string().min(1)).min(1)])
      .default('auto')
      .describe('`auto`: the domain of the domain controller'),
    requestTimeout: durationSchema.default('PT30S').describe('Longest silence while an answer is awaited'),
    pollInterval: durationSchema.default('PT0.05S').describe('How often to ask whether anything was written'),
    patience: durationSchema
      .default('PT15M')
      .describe(
        'How long to wait for the domain controller of the watermark before one that may be behind is used',
      ),
  }),
  bus: z.strictObject({
    connection: secretSchema.optional().describe('Connection string'),
    namespace: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9.-]+$/, 'a namespace is a host name, like contoso.servicebus.windows.net')
      .optional(),
    credential: z
      .strictObject({ tenantId: z.string().min(1), clientId: z.string().min(1), certificate: fileReference })
      .optional(),
  }),
  signingKey: fileReference.describe('Ed25519 private key, made by `agent keygen`'),
  stateDirectory: z.string().min(1).optional().describe('Keys and used command ids'),
  policy: z.string().min(1).optional().describe('Policy for writeback; absent: no writeback'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      format: z
        .enum(['auto', 'json', 'plain'])
        .default('auto')
        .describe('`auto`: plain on a terminal, else JSON'),
    })
    .prefault({}),
});

export type AgentFile = z.infer<typeof agentFileSchema>;
export type SecretReference = z.infer<typeof secretSchema>;

/** @param text of the form that the schema has checked. */
export function durationMs(text: string): number {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text);
  const [, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  return (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
}
