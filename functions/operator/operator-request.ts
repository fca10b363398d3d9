import * as z from 'zod';
import { connectorNameSchema } from '../../shared/contracts/primitives.ts';

const hashSchema = z.string().regex(/^[0-9a-f]{20}$/, 'a hold is named by 20 hex digits');

const keyIdSchema = z.string().regex(/^k[A-Za-z0-9_-]{8,64}$/);

/** What an operator may ask for, by the last segment of the address. */
export const operatorBodies = {
  approve: z.strictObject({ connector: connectorNameSchema, holds: z.array(hashSchema).min(1).max(500) }),
  reject: z.strictObject({ connector: connectorNameSchema, holds: z.array(hashSchema).min(1).max(500) }),
  'publish-rules': z.strictObject({
    files: z
      .array(z.strictObject({ name: z.string().min(1).max(200), text: z.string().max(500_000) }))
      .min(1)
      .max(100),
  }),
  'trust-agent': z.strictObject({ connector: connectorNameSchema, keyId: keyIdSchema, trust: z.boolean() }),
  'forget-agents': z.strictObject({
    connector: connectorNameSchema,
    keyIds: z.array(keyIdSchema).min(1).max(500),
  }),
} as const;

export type OperatorKind = keyof typeof operatorBodies;

export const isOperatorKind = (kind: string): kind is OperatorKind => Object.hasOwn(operatorBodies, kind);

/** Row of table Requests: PartitionKey connector, RowKey request id. Written only after token and role were checked. */
export type StoredRequest =
  | {
      readonly kind: 'approve' | 'reject';
      readonly by: string;
      readonly at: number;
      readonly holds: readonly string[];
    }
  | {
      readonly kind: 'publish-rules';
      readonly by: string;
      readonly at: number;
      readonly revision: number;
      readonly generation: number;
    };
