import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from './json.ts';
import { Refusal } from './refusal.ts';

/** What goes back: an HTTP answer, or one of the ways in which none comes. */
export type Answer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: Json | undefined;
    }
  | { readonly kind: 'garbage'; readonly isHtml: boolean }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drop' };

/** Graph's error shape (errors page): code and message for all, details where a property is to blame. */
export function answerError(
  error: unknown,
  request: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const refusal = error instanceof Refusal ? error : unexpected(error);
  const requestId = randomUUID();
  const innerError: JsonObject = {
    date: new Date().toISOString().slice(0, 19),
    'request-id': requestId,
    'client-request-id': request['client-request-id'] ?? requestId,
  };
  const details =
    refusal.details.length === 0 ? {} : { details: refusal.details.map((detail) => ({ ...detail })) };
  return {
    kind: 'answer',
    status: refusal.status,
    headers: { ...headers, ...refusal.headers, 'request-id': requestId },
    body: { error: { code: refusal.code, message: refusal.message, ...details, innerError } },
  };
}

function unexpected(error: unknown): Refusal {
  console.error(error);
  return new Refusal(500, 'InternalServerError', 'The emulator itself has failed; see its error output.');
}
