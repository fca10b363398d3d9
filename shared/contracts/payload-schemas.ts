import type * as z from 'zod';
import { configureSchema, fullImportSchema, probeSchema, refreshSchema } from './agent-command.v1.ts';
import { configuredSchema, heartbeatSchema, helloSchema, problemSchema } from './agent-report.v1.ts';
import { changeSetSchema } from './change-set.v1.ts';
import { operatorRequestSchema, poisonSchema, workSchema } from './cloud-work.v1.ts';
import type { Kind } from './envelope.v1.ts';
import { importCompleteSchema, listCompleteSchema, vanishedSchema } from './reading.v1.ts';

/** The payload of every kind; typed, so that a new kind cannot be left out. */
export const payloadSchemas = {
  'change-set': changeSetSchema,
  'list-complete': listCompleteSchema,
  'import-complete': importCompleteSchema,
  vanished: vanishedSchema,
  hello: helloSchema,
  heartbeat: heartbeatSchema,
  configured: configuredSchema,
  problem: problemSchema,
  work: workSchema,
  'operator-request': operatorRequestSchema,
  configure: configureSchema,
  refresh: refreshSchema,
  probe: probeSchema,
  'full-import': fullImportSchema,
  poison: poisonSchema,
} satisfies Readonly<Record<Kind, z.ZodType>>;
