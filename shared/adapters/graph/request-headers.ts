import { createHash, randomUUID } from 'node:crypto';
import type { CloudRequest, SendOptions } from '../../ports/cloud-target.ts';

export function requestHeaders(
  request: CloudRequest,
  { priority, traceparent }: SendOptions,
): Record<string, string> {
  return {
    ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...request.headers,
    'x-ms-throttle-priority': priority,
    'client-request-id': clientRequestId(request, traceparent),
  };
}

export const traceHeaders = ({ traceparent }: SendOptions): Record<string, string> =>
  traceparent === undefined ? {} : { traceparent };

/** The same for the same request of the same trace, so that repetitions can be found in Microsoft's logs by one id. */
function clientRequestId(request: CloudRequest, traceparent: string | undefined): string {
  if (traceparent === undefined) return randomUUID();
  const hex = createHash('sha256')
    .update(`${traceparent}|${request.id}|${request.method}|${request.path}`)
    .digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
