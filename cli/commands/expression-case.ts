import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { compileExpression } from '../../shared/rules/expressions/compile-expression.ts';
import type { EvaluationResult } from '../../shared/rules/expressions/compiled-expression.ts';
import { formatDate, parseDate } from '../../shared/rules/expressions/dates.ts';
import {
  fromValues,
  isList,
  type RuntimeValue,
  type Scalar,
} from '../../shared/rules/expressions/runtime-value.ts';

const binarySchema = z.strictObject({ $base64: z.base64() });
const scalarSchema = z.union([z.string(), z.number(), z.boolean(), binarySchema]);

/** What one evaluation is asked over; a line of a case file. */
export const expressionCaseSchema = z.strictObject({
  dialect: z.enum(['cloud-sync', 'connect']).default('cloud-sync'),
  expression: z.string(),
  /** By exact name; null or an empty list: the object has none. */
  attributes: z.record(z.string(), z.union([scalarSchema, z.array(scalarSchema), z.null()])).default({}),
  /** For %Name% of the connect dialect. */
  parameters: z.record(z.string(), z.string()).default({}),
  /** Values that somebody in the target has already, for SelectUniqueValue. */
  existing: z.array(z.string()).default([]),
  /** ISO 8601, or epoch ms. */
  now: z.union([z.string(), z.number()]).optional(),
});

export type ExpressionCase = z.infer<typeof expressionCaseSchema>;

export type CaseAnswer =
  | {
      readonly value: unknown;
      /** What may stand in logs, where that is something else. */ readonly logged?: string;
    }
  | { readonly ignoreFlow: true }
  | {
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly column: number;
        readonly hint?: string;
      };
    };

/** Compiles and evaluates one case. `clock` tells the time where the case does not. */
export function answerCase(one: ExpressionCase, clock: () => number): CaseAnswer {
  const now = momentOf(one.now, clock);
  if (now === null) return { error: { code: 'bad-argument', message: 'now is not a date', column: 1 } };
  const compiled = compileExpression(one.expression, { syntax: one.dialect });
  if (!compiled.ok) {
    const { code, message, column, hint } = compiled.fault;
    return { error: { code, message, column, ...(hint === undefined ? {} : { hint }) } };
  }
  const taken = new Set(one.existing.map((value) => value.toLowerCase()));
  const result = compiled.expression.evaluate({
    read: (name) => (Object.hasOwn(one.attributes, name) ? toRuntime(one.attributes[name] ?? null) : null),
    now,
    parameters: one.parameters,
    random: randomBytes,
    // Directories compare names without regard to case.
    exists: (value) => taken.has(value.toLowerCase()),
  });
  return answerOf(result);
}

function answerOf(result: EvaluationResult): CaseAnswer {
  if (!result.ok) return { error: { code: result.code, message: result.message, column: result.column } };
  if (result.isFlowIgnored) return { ignoreFlow: true };
  const value = toPlain(result.value);
  return result.isRedacted ? { value, logged: '[Redact]' } : { value };
}

function momentOf(now: string | number | undefined, clock: () => number): number | null {
  if (now === undefined) return clock();
  return typeof now === 'number' ? now : parseDate(now);
}

function toRuntime(given: NonNullable<ExpressionCase['attributes'][string]> | null): RuntimeValue {
  if (given === null) return null;
  const list = Array.isArray(given) ? given : [given];
  return fromValues(
    list.map((one): Scalar => (typeof one === 'object' ? { kind: 'bytes', base64: one.$base64 } : one)),
  );
}

/** As JSON: dates as the reference prints them, integers beyond 53 bits as decimal text. */
function toPlain(value: RuntimeValue): unknown {
  if (isList(value)) return value.map(toPlain);
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value !== 'object' || value === null) return value;
  switch (value.kind) {
    case 'date':
      return formatDate(value.ms);
    case 'bytes':
      return { $base64: value.base64 };
    case 'opaque':
      return null;
  }
}
