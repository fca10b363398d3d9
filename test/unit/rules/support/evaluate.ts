import { randomBytes } from 'node:crypto';
import { compileExpression } from '../../../../shared/rules/expressions/compile-expression.ts';
import type { Syntax } from '../../../../shared/rules/expressions/syntax.ts';
import type { EvaluationResult } from '../../../../shared/rules/expressions/compiled-expression.ts';
import {
  fromValues,
  type BytesValue,
  type RuntimeValue,
} from '../../../../shared/rules/expressions/runtime-value.ts';

export const now = Date.UTC(2026, 10, 23, 12, 0, 0);

export type Attributes = Readonly<Record<string, string | readonly string[] | BytesValue>>;

const parameters = {
  'Domain.Netbios': 'FABRIKAM',
  'Forest.LDAP': 'DC=fabrikam,DC=com',
  ReplaceString: '’:,Å:A,Ä:A,Ö:O,å:a,ä:a,ö,o',
};

/** Compiles and evaluates over plain attributes; an expression that does not compile fails the test with its message. */
export function evaluate(
  text: string,
  attributes: Attributes = {},
  at = now,
  syntax: Syntax = 'cloud-sync',
): EvaluationResult {
  const compiled = compileExpression(text, { syntax });
  if (!compiled.ok)
    throw new Error(`${compiled.fault.code} at ${compiled.fault.column}: ${compiled.fault.message}`);
  const read = (name: string): RuntimeValue => {
    const value = attributes[name] ?? [];
    return fromValues(Array.isArray(value) ? (value as string[]) : [value as string | BytesValue]);
  };
  return compiled.expression.evaluate({
    read,
    now: at,
    parameters,
    random: randomBytes,
    exists: (value) => value === 'taken',
  });
}

/** The value in plain form: big integers as numbers, dates as ISO text; else what became of the flow. */
export function valueOf(text: string, attributes: Attributes = {}, syntax: Syntax = 'cloud-sync'): unknown {
  const result = evaluate(text, attributes, now, syntax);
  if (!result.ok) return { error: result.code };
  if (result.isFlowIgnored) return { isFlowIgnored: true };
  if (result.isRedacted) return { redacted: result.value };
  const { value } = result;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'date')
    return new Date(value.ms).toISOString();
  return value;
}

/** What compiling refuses: code, column and message. */
export function faultOf(
  text: string,
  syntax: Syntax = 'cloud-sync',
): {
  code: string;
  column: number;
  message: string;
  hint: string | undefined;
} {
  const compiled = compileExpression(text, { syntax });
  if (compiled.ok) throw new Error(`compiles: ${text}`);
  return compiled.fault;
}
