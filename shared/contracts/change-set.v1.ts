import * as z from 'zod';
import { sourceKeySchema, valueSchema, versionSchema } from './primitives.ts';

const keysSchema = z.array(sourceKeySchema);

/** Values of a multi-valued link (member), one by one. */
export const linkChangeSchema = z.strictObject({
  added: keysSchema.describe('Keys of targets that are values now'),
  removed: keysSchema.describe('Keys of targets that are values no longer'),
  list: versionSchema
    .optional()
    .describe('The whole-list reading that `added` is a range of; closed by a list-complete'),
});

/** What one read said about one object. */
export const objectChangeSchema = z.strictObject({
  key: sourceKeySchema,
  class: z
    .string()
    .optional()
    .describe('Most specific structural object class; always there in a whole read'),
  dn: z.string().optional(),
  ancestors: keysSchema
    .optional()
    .describe('Containers from the parent up to the head of the naming context'),
  whole: z
    .strictObject({ part: z.int().min(0), of: z.int().min(1).max(1_000) })
    .optional()
    .describe(
      'A whole-object read (or a creation): attributes in `asked` that are not listed are empty, not unknown',
    ),
  asked: z
    .array(z.string())
    .optional()
    .describe('Only with `whole` where it differs from the set: the attributes this part speaks for'),
  deleted: z
    .boolean()
    .optional()
    .describe('true: a tombstone was read; false: it was seen to be alive (undeleted)'),
  attributes: z.record(z.string(), z.array(valueSchema)).describe('No values: cleared'),
  links: z.record(z.string(), linkChangeSchema).optional(),
  oversized: z
    .array(z.string())
    .optional()
    .describe('Attributes too large to carry; the object is quarantined where a rule maps them'),
});

/** Up to 33 objects of one partition from one read. */
export const changeSetSchema = z.strictObject({
  version: versionSchema,
  lane: z.enum(['live', 'bulk']),
  namingContext: z.string(),
  import: z.string().optional().describe('Id of the import or refresh these objects were seen in'),
  asked: z.array(z.string()).describe('Attribute names this read asked for'),
  readAt: z.iso.datetime(),
  inDoubt: z
    .boolean()
    .optional()
    .describe(
      'Read from a domain controller that may lack what was told before: nothing is destroyed on its word',
    ),
  objects: z.array(objectChangeSchema).min(1).max(33),
});

export type LinkChange = z.infer<typeof linkChangeSchema>;
export type ObjectChange = z.infer<typeof objectChangeSchema>;
export type ChangeSet = z.infer<typeof changeSetSchema>;
