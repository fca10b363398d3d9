import * as z from 'zod';

/** First characters of every plan file, by which it is told from other files. */
export const planFileMark = '{"kind":"dirbridge-plan"';

const kinds = [
  'create',
  'restore',
  'update',
  'enable',
  'disable',
  'revoke-sessions',
  'set-reference',
  'clear-reference',
  'add-member',
  'remove-member',
  'delete',
] as const;

const change = z.strictObject({
  before: z.unknown(),
  after: z.unknown(),
  /** [Redact] stands for the values. */
  isRedacted: z.literal(true).optional(),
});

export const planOperationSchema = z.strictObject({
  /** As holds and permits name it; of a member, see memberHash. */
  hash: z.string(),
  kind: z.enum(kinds),
  /** Source key of the object. */
  key: z.string(),
  connector: z.string(),
  class: z.enum(['user', 'group']),
  sync: z.string(),
  /** Null for what the plan makes. */
  cloudId: z.string().nullable(),
  label: z.string(),
  changes: z.record(z.string(), change),
  /** Of a creation: properties whose values are random, chosen when it is carried out. */
  chosen: z.array(z.string()).readonly().optional(),
  /** Of an update: hashes property by property. */
  parts: z.record(z.string(), z.string()).optional(),
  /** Source key a reference points to, or of the member. */
  target: z.strictObject({ key: z.string(), label: z.string(), isMade: z.boolean() }).optional(),
  rules: z.array(z.string()),
  /** What the guard would hold of it. */
  held: z
    .array(z.strictObject({ hash: z.string(), cause: z.string(), message: z.string() }))
    .readonly()
    .optional(),
});

const finding = z.strictObject({
  code: z.string(),
  weight: z.enum(['bad', 'look', 'info']),
  count: z.number(),
  text: z.string(),
  examples: z.array(z.string()).readonly(),
});

export const planSummarySchema = z.strictObject({
  /** Objects read. */
  objects: z.number(),
  /** What hurts first stands first. */
  findings: z.array(finding).readonly(),
  /** Objects by sign: + made, ~ changed, - disabled or deleted, ! held in part or not possible. */
  bySign: z.strictObject({ '+': z.number(), '~': z.number(), '-': z.number(), '!': z.number() }),
  /** Operations by kind; members one by one. */
  byKind: z.record(z.string(), z.number()),
  /** Of those, how many the guard would hold. */
  held: z.number(),
  /** Requests to Graph that count as writes, without what is held. */
  writes: z.number(),
  /** How long they take at the tenant's quota. */
  seconds: z.number(),
  writesPer150s: z.number(),
});

export const planHeadSchema = z.strictObject({
  kind: z.literal('dirbridge-plan'),
  version: z.literal(1),
  /** Epoch ms. */
  at: z.number(),
  connectors: z.array(z.string()).readonly(),
  rules: z.strictObject({
    hash: z.string(),
    /** The texts, so that exactly these can be published. */
    files: z.array(z.strictObject({ name: z.string(), text: z.string() })).readonly(),
  }),
  /** What was in force; null where nothing was published. */
  base: z.strictObject({ revision: z.number(), hash: z.string(), generation: z.number() }).nullable(),
  summary: planSummarySchema,
});

/** A plan as `--out` writes it. It holds values of the directory: personal data. */
export const planFileSchema = planHeadSchema.extend({ operations: z.array(planOperationSchema) });

export type PlanFile = Readonly<z.infer<typeof planFileSchema>>;
export type PlanOperation = Readonly<z.infer<typeof planOperationSchema>>;
export type PlanSummary = Readonly<z.infer<typeof planSummarySchema>>;
export type PlanHead = Readonly<z.infer<typeof planHeadSchema>>;
export type Finding = Readonly<z.infer<typeof finding>>;

/** The document piece by piece, one operation a line: a plan of a first import is larger than one string should be. */
export function* planFileText(head: PlanHead, operations: Iterable<PlanOperation>): Generator<string> {
  // `kind` stands first, so that the mark does.
  const { kind, ...rest } = planHeadSchema.parse(head);
  yield `${JSON.stringify({ kind, ...rest }).slice(0, -1)},"operations":[`;
  let separator = '\n';
  for (const operation of operations) {
    yield `${separator}${JSON.stringify(operation)}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}
