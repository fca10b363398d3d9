export const redactedText = '[Redact]';

/** What is shown in place of a value that Redact keeps to itself. That something is empty is no secret. */
export function redactValue(value: unknown): unknown {
  const isEmpty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
  return isEmpty ? value : redactedText;
}
