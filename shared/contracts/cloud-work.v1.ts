import * as z from 'zod';

/** A turn for one partition. It ends at once unless the partition's `w` row names this id. */
export const workSchema = z.strictObject({ work: z.string() });

/** Names a row of table Requests that the operator's HTTP function wrote after checking the caller. */
export const operatorRequestSchema = z.strictObject({ request: z.string() });

/** What was refused for good, with the reason; `original` is the message as text, so that it can be replayed. */
export const poisonSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  queue: z.string(),
  refusedAt: z.iso.datetime(),
  original: z.string(),
});

export type Poison = z.infer<typeof poisonSchema>;
export type Work = z.infer<typeof workSchema>;
export type OperatorRequest = z.infer<typeof operatorRequestSchema>;
