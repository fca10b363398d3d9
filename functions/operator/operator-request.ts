import * as z from 'zod';
import { connectorNameSchema, sourceKeySchema } from '../../shared/contracts/primitives.ts';

const hashSchema = z.string().regex(/^[0-9a-f]{20}$/, 'a hold is named by 20 hex digits');

const planIdSchema = z.string().regex(/^[0-9a-f]{20}$/, 'a plan is named by 20 hex digits');

const rulesHashSchema = z.string().regex(/^[0-9a-f]{64}$/);

const filesSchema = z
  .array(z.strictObject({ name: z.string().min(1).max(200), text: z.string().max(500_000) }))
  .min(1)
  .max(100);

/** A plan is larger than one request should be: its operations come first, in parts, and then the word to carry it out. */
const applyPlanSchema = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('store'),
    plan: planIdSchema,
    part: z.int().min(0).max(99_999),
    connector: connectorNameSchema,
    operations: z.record(sourceKeySchema, z.array(hashSchema).min(1)),
  }),
  z.strictObject({
    step: z.literal('carry-out'),
    plan: planIdSchema,
    parts: z.int().min(0).max(100_000),
    /** Epoch ms when the plan was made. */
    at: z.int().min(0),
    hash: rulesHashSchema,
    files: filesSchema,
    base: z.strictObject({ revision: z.int().min(1), hash: rulesHashSchema }),
  }),
]);

const keyIdSchema = z.string().regex(/^k[A-Za-z0-9_-]{8,64}$/);

/** What an operator may ask for, by the last segment of the address. */
export const operatorBodies = {
  approve: z.strictObject({ connector: connectorNameSchema, holds: z.array(hashSchema).min(1).max(500) }),
  reject: z.strictObject({ connector: connectorNameSchema, holds: z.array(hashSchema).min(1).max(500) }),
  'publish-rules': z.strictObject({ files: filesSchema }),
  'apply-plan': applyPlanSchema,
  'trust-agent': z.strictObject({ connector: connectorNameSchema, keyId: keyIdSchema, trust: z.boolean() }),
  'forget-agents': z.strictObject({
    connector: connectorNameSchema,
    keyIds: z.array(keyIdSchema).min(1).max(500),
  }),
} as const;

export type ApplyPlanBody = z.infer<typeof applyPlanSchema>;

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
