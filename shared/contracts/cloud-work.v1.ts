import * as z from 'zod';

/** A turn for one partition. It ends at once unless the partition's `w` row names this id. */
export const workSchema = z.strictObject({ work: z.string() });

/** Names a row of table Requests that the operator's HTTP function wrote after checking the caller. */
export const operatorRequestSchema = z.strictObject({ request: z.string() });

export type Work = z.infer<typeof workSchema>;
export type OperatorRequest = z.infer<typeof operatorRequestSchema>;
