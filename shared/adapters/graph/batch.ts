import { randomUUID } from 'node:crypto';
import type { CloudAnswer, CloudRequest, SendOptions } from '../../ports/cloud-target.ts';
import { classifyAnswer, failedAnswer, type RawAnswer } from './classify-answer.ts';
import type { Exchange } from './graph-exchange.ts';
import { requestHeaders, traceHeaders } from './request-headers.ts';

/** learn.microsoft.com, Combine multiple requests using JSON batching. */
export const batchPartsMax = 20;

/** Several requests as one `$batch`; its parts run in parallel and fail one by one. */
export function batchExchange(requests: readonly CloudRequest[], options: SendOptions): Exchange {
  const headers = {
    'x-ms-throttle-priority': options.priority,
    'client-request-id': randomUUID(),
    ...traceHeaders(options),
  };
  const body = { requests: requests.map((request, index) => partOf(request, index, options)) };
  return { method: 'POST', path: '/$batch', headers, body };
}

/** One answer a part; where the batch as a whole failed, its answer is that of every part. */
export function batchAnswers(requests: readonly CloudRequest[], raw: RawAnswer): readonly CloudAnswer[] {
  if (raw.status >= 300) return requests.map((request) => classifyAnswer(request, raw));
  const parts = partsOf(raw);
  return requests.map((request, index) => {
    const part = parts.get(String(index));
    if (part !== undefined) return classifyAnswer(request, part);
    return failedAnswer(request, {
      code: 'GRAPH_GARBAGE',
      message: 'the answer to a batch lacks this part',
      isAmbiguous: true,
    });
  });
}

/** Ids of parts are their positions: the callers' ids may differ in case only, which Graph takes for the same. */
function partOf(request: CloudRequest, index: number, options: SendOptions) {
  return {
    id: String(index),
    method: request.method,
    url: request.path,
    headers: requestHeaders(request, options),
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

function partsOf(raw: RawAnswer): Map<string, RawAnswer> {
  const parts = new Map<string, RawAnswer>();
  const { responses } = (raw.body ?? {}) as { readonly responses?: unknown };
  if (!Array.isArray(responses)) return parts;
  for (const response of responses as readonly unknown[]) {
    const { id, status, headers, body } = (response ?? {}) as Readonly<Record<string, unknown>>;
    if ((typeof id !== 'string' && typeof id !== 'number') || typeof status !== 'number') continue;
    const lowered = Object.entries((headers ?? {}) as Record<string, unknown>).map(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]);
    // A body that is no JSON travels as base64 text.
    const isGarbled = typeof body === 'string' && body !== '';
    parts.set(String(id), {
      status,
      headers: {
        ...(raw.headers['request-id'] === undefined ? {} : { 'request-id': raw.headers['request-id'] }),
        ...(Object.fromEntries(lowered) as Record<string, string>),
      },
      body: isGarbled || body === null ? undefined : body,
      isGarbled,
    });
  }
  return parts;
}
