import * as z from 'zod';
import { connectorNameSchema } from '../contracts/primitives.ts';
import { parseDuration } from './duration.ts';

const durationSchema = z
  .string()
  .refine((text) => parseDuration(text) !== null, 'is not a duration such as P30D, PT12H or PT0S')
  .describe('ISO 8601 duration in weeks, days, hours, minutes or seconds: P30D, PT12H, PT0S');

const dialectSchema = z.enum(['cloud-sync', 'connect']).describe('Which of Entra’s two expression languages');

const expressionSchema = z
  .string()
  .min(1, 'is empty')
  .describe('An expression; in quotes, since [name] without quotes is a YAML list');

const valueFlowSchema = z.strictObject({
  value: expressionSchema,
  whenNull: z
    .enum(['clear', 'keep'])
    .optional()
    .describe('What an empty result does to the cloud: clear (default) or keep'),
  apply: z.enum(['always', 'create']).optional().describe('create: only when the object is made'),
  dialect: dialectSchema.optional(),
});
const referenceFlowSchema = z.strictObject({
  reference: z.string().min(1).describe('Attribute that points to another object: manager'),
});
const membersFlowSchema = z.strictObject({
  references: z.literal('member').describe('Link attribute with the members'),
  primaryGroup: z
    .boolean()
    .optional()
    .describe('Count those in whose primaryGroupID names the group (default: true)'),
});

/** In the order in which they are tried; a problem is told for the form that fits best. */
export const flowSchema = z.union([
  expressionSchema,
  valueFlowSchema,
  referenceFlowSchema,
  membersFlowSchema,
]);

const endSchema = z.strictObject({ connector: z.string(), class: z.enum(['user', 'group']) });

const scopeSchema = z.strictObject({
  under: z
    .array(
      z.union([
        z.strictObject({ dn: z.string().regex(/^[A-Za-z][\w.-]*=/, 'is not a distinguished name') }),
        z.strictObject({ guid: z.guid() }),
      ]),
    )
    .optional()
    .describe('Containers; an object must lie under one of them. Empty: everywhere'),
  where: z.array(expressionSchema).optional().describe('Expressions that must all be true'),
  exclude: z
    .enum(['defaults', 'none'])
    .optional()
    .describe('defaults: leave out what Microsoft’s own synchronization leaves out'),
});

const leaveSchema = z.strictObject({
  action: z.enum(['disable', 'delete', 'keep']),
  deleteAfter: durationSchema.optional(),
});

const lifecycleSchema = z.strictObject({
  disabled: z
    .strictObject({ action: z.enum(['disable', 'keep']), revokeSessions: z.boolean().optional() })
    .optional(),
  leftScope: leaveSchema.optional(),
  deleted: leaveSchema.optional(),
  returned: z.enum(['restore', 'create']).optional(),
});

const budgetSchema = z.strictObject({
  max: z.int().min(0),
  percent: z.number().min(0).max(100),
  per: durationSchema.refine((text) => parseDuration(text) !== 0, 'must be longer than nothing'),
  atLeast: z
    .int()
    .min(1)
    .optional()
    .describe('So many may go whatever the percentage, never more than max (default: that of the budget)'),
});

const syncSchema = z.strictObject({
  from: endSchema,
  to: endSchema,
  precedence: z.int().min(1).max(100_000).optional().describe('Lower wins (default: 100)'),
  scope: scopeSchema.optional(),
  anchor: z
    .strictObject({
      from: z.array(z.string().min(1)).min(1).describe('Attributes; the first that is not empty'),
      to: z.enum(['onPremisesImmutableId', 'uniqueName']),
      as: z.enum(['base64', 'hex', 'text']),
    })
    .optional(),
  match: z.array(z.strictObject({ source: expressionSchema, target: z.string().min(1) })).optional(),
  flows: z.record(z.string(), flowSchema).describe('Target property: expression or reference'),
  lifecycle: lifecycleSchema.optional(),
  budgets: z
    .strictObject({
      delete: budgetSchema.optional(),
      disable: budgetSchema.optional(),
      removeMembers: budgetSchema
        .optional()
        .describe('Members taken out of groups; percent of all objects of the source that are in the cloud'),
      blank: budgetSchema.optional().describe('Values emptied, counted for each target property by itself'),
      rename: budgetSchema.optional().describe('Changes of userPrincipalName'),
      groupType: budgetSchema.optional().describe('Changes of mailEnabled, securityEnabled, groupTypes'),
    })
    .optional()
    .describe('What exceeds either limit is held for a person'),
});

const syncNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a sync name is a-z, 0-9 and -, beginning with a letter');

/** One rule file as people write it. Several files make one set of rules. */
export const ruleFileSchema = z.strictObject({
  version: z.literal(1),
  dialect: dialectSchema.optional(),
  parameters: z
    .record(z.string().regex(/^[A-Za-z]\w*$/), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('For %Name% in the connect dialect'),
  connectors: z
    .record(connectorNameSchema, z.strictObject({ type: z.enum(['active-directory', 'entra']) }))
    .optional(),
  syncs: z.record(syncNameSchema, syncSchema).optional(),
});

export type RuleFileContent = z.infer<typeof ruleFileSchema>;
export type SyncContent = z.infer<typeof syncSchema>;
export type FlowContent = z.infer<typeof flowSchema>;
