import type { ErrorCode } from '../../errors/error-codes.ts';
import type { CloudAnswer, CloudRequest } from '../../ports/cloud-target.ts';

/** One answer as it came: of a request alone or of a part of a batch. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
  /** There was a body, but not JSON. */
  readonly isGarbled: boolean;
}

type Failure = Extract<CloudAnswer, { ok: false }>;

interface GraphError {
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly code: string; readonly target: string }[];
  readonly requestId: string | null;
}

const conflictDetails = new Set(['ObjectConflict', 'ConflictingObjects', 'PropertyConflict']);

/**
 * Refusals that only their text tells from other 400s and 403s: the object belongs to someone else (facts.md, Graph:
 * synced by Microsoft, mastered by Exchange, mail-enabled, role-assignable, restricted unit, dynamic membership).
 */
const protectedTexts: readonly RegExp[] = [
  /on-premises mastered Directory Sync objects/i,
  /originated within an external service/i,
  /mail-enabled (?:security )?groups?/i,
  /groups? assignable to (?:a )?role|role-assignable/i,
  /restricted management administrative unit/i,
  /dynamic membership/i,
];
/** Told by text only as well; means that the link is there already. */
const alreadyMember = /added object references already exist for the following modified properties: '(\w+)'/i;

/** What one answer of Microsoft Graph means, by status, error.code and the targets of its details. */
export function classifyAnswer(request: CloudRequest, raw: RawAnswer): CloudAnswer {
  const requestId = raw.headers['request-id'] ?? null;
  if (isSuccess(raw)) return { id: request.id, ok: true, status: raw.status, body: raw.body, requestId };
  const graph = graphErrorOf(raw.body);
  const code = codeFor(raw, graph);
  const targets = targetsOf(graph);
  return {
    id: request.id,
    ok: false,
    code,
    status: raw.status,
    graphCode: graph?.code ?? null,
    targets,
    message: withoutSecrets(
      graph?.message ?? `status ${raw.status} without an error of Microsoft Graph`,
      request.body,
    ),
    retryAfterMs: retryAfterMs(raw.headers['retry-after']),
    isAmbiguous: isWrite(request) && mayBeApplied(raw, code),
    requestId: requestId ?? graph?.requestId ?? null,
  };
}

/** 200 and 201 carry an object; a proxy's own page or an empty body is none of Graph's. */
function isSuccess({ status, body, isGarbled }: RawAnswer): boolean {
  if (status < 200 || status >= 300 || isGarbled) return false;
  return status > 201 || (typeof body === 'object' && body !== null);
}

export function failedAnswer(
  request: CloudRequest,
  failure: Pick<Failure, 'code' | 'message' | 'isAmbiguous'>,
): CloudAnswer {
  return {
    id: request.id,
    ok: false,
    status: null,
    graphCode: null,
    targets: [],
    retryAfterMs: null,
    requestId: null,
    ...failure,
    isAmbiguous: failure.isAmbiguous && isWrite(request),
  };
}

export const isWrite = (request: CloudRequest): boolean => request.method !== 'GET';

function codeFor({ status, isGarbled }: RawAnswer, graph: GraphError | undefined): ErrorCode {
  if (status === 429) return 'GRAPH_THROTTLED';
  if (status === 401) return 'GRAPH_UNAUTHORIZED';
  if (status === 501) return 'GRAPH_INVALID_VALUE';
  // Gateways on the way answer these in HTML.
  if (status >= 500 || status === 408) return 'GRAPH_UNREACHABLE';
  // Before anything is concluded from a 404 or a 400, it has to be Graph's own.
  if (graph === undefined || isGarbled) return 'GRAPH_GARBAGE';
  const isProtected = protectedTexts.some((text) => text.test(graph.message));
  if (isProtected && (status === 400 || status === 403)) return 'TARGET_PROTECTED';
  if (status === 403) return 'GRAPH_FORBIDDEN';
  if (status === 404) return 'GRAPH_NOT_FOUND';
  if (graph.details.some(({ code }) => conflictDetails.has(code)) || alreadyMember.test(graph.message))
    return 'GRAPH_CONFLICT';
  if (graph.code === 'Request_MultipleObjectsWithSameKeyValue') return 'GRAPH_CONFLICT';
  // 423 and 424: locked, or not run because another part failed.
  if ([409, 412, 423, 424].includes(status)) return 'GRAPH_CONCURRENCY';
  return status >= 400 ? 'GRAPH_INVALID_VALUE' : 'GRAPH_GARBAGE';
}

/** A 4xx of Graph was not applied. A 5xx may stand for a write that was; so may a success that cannot be read. */
function mayBeApplied({ status }: RawAnswer, code: ErrorCode): boolean {
  if (code === 'GRAPH_UNREACHABLE') return true;
  return code === 'GRAPH_GARBAGE' && status < 300;
}

function targetsOf(graph: GraphError | undefined): readonly string[] {
  if (graph === undefined) return [];
  const [, link] = alreadyMember.exec(graph.message) ?? [];
  if (link !== undefined) return [link];
  const named = graph.details.map(({ target }) => target).filter((target) => target !== '');
  if (named.length > 0) return [...new Set(named)];
  // Not classified by it: only names the property for a person where Graph gives no details.
  const [, before, after] =
    /[Pp]roperty '?(\w+)'? (?:of resource|is read-only|is invalid|does not exist)|the (\w+) property is invalid/.exec(
      graph.message,
    ) ?? [];
  const property = before ?? after;
  return property === undefined ? [] : [property];
}

function graphErrorOf(body: unknown): GraphError | undefined {
  const error = member(body, 'error');
  const code = member(error, 'code');
  if (typeof code !== 'string' || code === '') return undefined;
  const details = member(error, 'details');
  const inner = member(error, 'innerError') ?? member(error, 'innererror');
  const requestId = member(inner, 'request-id');
  return {
    code,
    message: textOf(member(error, 'message')),
    details: (Array.isArray(details) ? (details as readonly unknown[]) : []).map((detail) => ({
      code: textOf(member(detail, 'code')),
      target: textOf(member(detail, 'target')),
    })),
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const until = Date.parse(header);
  return Number.isNaN(until) ? null : Math.max(0, until - Date.now());
}

/** Graph does not repeat passwords in its texts; should something in between do so, they end here. */
function withoutSecrets(message: string, body: unknown): string {
  const secrets = Object.values(asRecord(member(body, 'passwordProfile'))).filter(
    (value) => typeof value === 'string',
  );
  return secrets
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '[redacted]'), message);
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const member = (value: unknown, name: string): unknown => asRecord(value)[name];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
