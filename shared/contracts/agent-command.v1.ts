import * as z from 'zod';
import { sourceKeySchema } from './primitives.ts';

/** What the agent must capture: derived from the published rules. An agent without it waits. */
export const configureSchema = z.strictObject({
  revision: z.int().min(1),
  classes: z
    .array(z.string())
    .min(1)
    .describe('Object classes of the syncs (user, group); inetOrgPerson comes with user'),
  attributes: z.array(z.string()).describe('Attributes that rules map or test'),
  references: z
    .array(z.string())
    .describe('Those of `attributes` whose values are DNs: carried as source keys'),
  links: z.array(z.string()).describe('Multi-valued links carried value by value (member)'),
  binary: z
    .array(z.string())
    .describe('Those of `attributes` whose bytes are needed; other binary values travel as digests'),
  primaryGroup: z.boolean().describe('Report members through primaryGroupID as values of `member`'),
  containers: z.array(z.string()).describe('DNs in scopes, to be resolved to keys'),
  skipCritical: z
    .boolean()
    .describe('No member values of groups with isCriticalSystemObject: every group sync excludes them'),
});

/** Read these objects whole, or only the named attributes of them. */
export const refreshSchema = z.strictObject({
  requests: z
    .array(z.strictObject({ key: sourceKeySchema, attributes: z.array(z.string()).optional() }))
    .min(1)
    .max(100),
});

/** Look for these objects by GUID with deleted ones shown. */
export const probeSchema = z.strictObject({ keys: z.array(sourceKeySchema).min(1).max(100) });

export const fullImportSchema = z.strictObject({ reason: z.string() });

export type Configure = z.infer<typeof configureSchema>;
export type Refresh = z.infer<typeof refreshSchema>;
export type Probe = z.infer<typeof probeSchema>;
