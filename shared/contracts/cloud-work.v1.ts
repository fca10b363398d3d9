import * as z from 'zod';
import { messageIdSchema } from './primitives.ts';

/** A turn for one partition. It ends at once unless the partition's `w` row names this id. */
export const workSchema = z.strictObject({ work: messageIdSchema });

/**
 * Names a row of table Requests that the operator's HTTP function wrote after checking the caller. Nobody signs it, and
 * the id becomes a key: what no key can hold must end here.
 */
export const operatorRequestSchema = z.strictObject({ request: messageIdSchema });

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
