import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RpcHttp, RpcHttpCookie, RpcNullableString } from './core-types.ts';

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new BodyTooLarge(`The request body is larger than ${limit} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** A request as the host hands it to the worker, whose capabilities ask for raw bytes and nullable dictionaries. */
export function encodeRequest(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): RpcHttp {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const query: Record<string, string> = {};
  for (const name of url.searchParams.keys()) query[name] = url.searchParams.getAll(name).join(',');
  return {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders: nullable(headers),
    nullableQuery: nullable(query),
    nullableParams: nullable(params),
    ...(body.length > 0 ? { body: { bytes: body } } : {}),
  };
}

/** Nothing returned is 204, as in the real host. */
export function writeResult(response: ServerResponse, result: RpcHttp | undefined): void {
  if (result === undefined) {
    response.writeHead(204).end();
    return;
  }
  response.statusCode = Number(result.statusCode ?? 200);
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
  const cookies = (result.cookies ?? []).map(serializeCookie);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  const body = result.body;
  response.end(body?.bytes ?? body?.string ?? body?.json ?? '');
}

function nullable(values: Readonly<Record<string, string>>): Record<string, RpcNullableString> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

function serializeCookie(cookie: RpcHttpCookie): string {
  const seconds = cookie.expires?.value?.seconds;
  const sameSite = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' }[String(cookie.sameSite)];
  const parts: (string | undefined)[] = [
    `${cookie.name ?? ''}=${encodeURIComponent(cookie.value ?? '')}`,
    cookie.domain === undefined ? undefined : `Domain=${cookie.domain.value}`,
    cookie.path === undefined ? undefined : `Path=${cookie.path.value}`,
    seconds === undefined ? undefined : `Expires=${new Date(seconds * 1000).toUTCString()}`,
    cookie.maxAge?.value === undefined ? undefined : `Max-Age=${cookie.maxAge.value}`,
    cookie.secure?.value === true ? 'Secure' : undefined,
    cookie.httpOnly?.value === true ? 'HttpOnly' : undefined,
    sameSite === undefined ? undefined : `SameSite=${sameSite}`,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}
