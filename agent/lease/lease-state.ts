import * as z from 'zod';
import { configureSchema } from '../../shared/contracts/agent-command.v1.ts';
import { sourceKeySchema, versionSchema } from '../../shared/contracts/primitives.ts';

const usnSchema = z.string().regex(/^\d+$/);
const usnsSchema = z.record(z.string(), usnSchema);

/** How far a naming context has been read, and on which domain controller that number means something. */
export const watermarkSchema = z.strictObject({
  namingContext: z.string(),
  server: z.string(),
  invocationId: z.string(),
  /** Empty: a new one has to be taken, and everything read. */
  cookie: z.base64(),
  usn: usnSchema,
  at: z.iso.datetime(),
  /** Address it was read at: one that agent.yaml no longer names was given up by a person. */
  url: z.string(),
  /**
   * What any other domain controller must have before it may go on from here: how far changes had come, by the
   * invocation id of where they were made, after the last one that was told. Absent where it could not be read.
   */
  covers: usnsSchema.exactOptional(),
  /** What was changed last on this domain controller by then: when it shows that no more, it went back in time. */
  witnesses: z.array(z.strictObject({ key: sourceKeySchema, usn: usnSchema })).exactOptional(),
});

/** A domain controller is read that may lack what `told` covers: all that it tells is in doubt until it provably has it. */
export const doubtSchema = z.strictObject({ since: z.iso.datetime(), told: watermarkSchema });

export const importContextSchema = z.strictObject({
  namingContext: z.string(),
  invocationId: z.string(),
  startedAt: versionSchema,
  /** Last uSNCreated that belongs to the import. */
  upper: usnSchema,
  /** First uSNCreated that the broker has not accepted yet. */
  position: usnSchema,
  counts: z.record(z.string(), z.int().min(0)),
  isDone: z.boolean(),
});

/**
 * All that the leader remembers, kept in the session of the lease queue, where only the holder of the session can write:
 * an agent that lost leadership cannot move a watermark any more.
 */
export const leaseStateSchema = z.strictObject({
  v: z.literal(1),
  epoch: z.int().min(0),
  revision: z.int().nullable(),
  configure: configureSchema.nullable(),
  watermarks: z.array(watermarkSchema),
  import: z
    .strictObject({
      id: z.string(),
      reason: z.string(),
      /** Only these attributes, for rules that have come to map more; absent: everything. */
      attributes: z.array(z.string()).min(1).exactOptional(),
      contexts: z.array(importContextSchema),
    })
    .nullable(),
  /** At most one a naming context; absent mostly. */
  doubts: z.array(doubtSchema).exactOptional(),
  /** Containers whose contents have to be told their new names. */
  owed: z.array(z.strictObject({ namingContext: z.string(), key: sourceKeySchema })),
});

export type Watermark = z.infer<typeof watermarkSchema>;
export type Doubt = z.infer<typeof doubtSchema>;
export type ImportContext = z.infer<typeof importContextSchema>;
export type LeaseState = z.infer<typeof leaseStateSchema>;

export const emptyLeaseState: LeaseState = {
  v: 1,
  epoch: 0,
  revision: null,
  configure: null,
  watermarks: [],
  import: null,
  owed: [],
};

/** Session state shares the limit of a message (256 KB); this leaves room for its encoding. */
export const leaseStateBytesMax = 200_000;
