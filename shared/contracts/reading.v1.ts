import * as z from 'zod';
import {
  attributeNameSchema,
  messageIdSchema,
  partitionSchema,
  sourceKeySchema,
  versionSchema,
} from './primitives.ts';

/** A whole member list was read while the group did not change: values not in it that are older are removals. */
export const listCompleteSchema = z.strictObject({
  key: sourceKeySchema,
  attribute: attributeNameSchema,
  version: versionSchema.describe('The version that every value of the list carries in `list`'),
  total: z.int().min(0),
  inDoubt: z
    .boolean()
    .optional()
    .describe('As in a change set: what the list lacks may be there all the same'),
});

/** A full import ended. Absence deletes nothing: rows unseen and older are probed one by one. */
export const importCompleteSchema = z.strictObject({
  import: messageIdSchema,
  namingContext: z.string(),
  startedAt: versionSchema.describe(
    'Rows whose last version is older than this and that were not seen are probed',
  ),
  counts: z
    .record(partitionSchema, z.int().min(0))
    .describe('Distinct objects sent, by partition; a partition not named has none'),
});

/** A probe found neither the object nor its tombstone. */
export const vanishedSchema = z.strictObject({
  version: versionSchema,
  keys: z.array(sourceKeySchema).min(1).max(100),
});

export type ListComplete = z.infer<typeof listCompleteSchema>;
export type ImportComplete = z.infer<typeof importCompleteSchema>;
export type Vanished = z.infer<typeof vanishedSchema>;
