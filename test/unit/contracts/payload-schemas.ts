import type * as z from 'zod';
import {
  configureSchema,
  fullImportSchema,
  probeSchema,
  refreshSchema,
} from '../../../shared/contracts/agent-command.v1.ts';
import {
  configuredSchema,
  heartbeatSchema,
  helloSchema,
  problemSchema,
} from '../../../shared/contracts/agent-report.v1.ts';
import { changeSetSchema } from '../../../shared/contracts/change-set.v1.ts';
import { operatorRequestSchema, poisonSchema, workSchema } from '../../../shared/contracts/cloud-work.v1.ts';
import type { Kind } from '../../../shared/contracts/envelope.v1.ts';
import {
  importCompleteSchema,
  listCompleteSchema,
  vanishedSchema,
} from '../../../shared/contracts/reading.v1.ts';

/** The payload of every kind; typed, so that a new kind cannot be left out. */
export const payloadSchemas: Readonly<Record<Kind, z.ZodType>> = {
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
};
