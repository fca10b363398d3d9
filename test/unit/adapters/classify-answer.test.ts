import { describe, expect, test } from 'vitest';
import { classifyAnswer } from '../../../shared/adapters/graph/classify-answer.ts';
import type { ErrorCode } from '../../../shared/errors/error-codes.ts';
import type { CloudRequest } from '../../../shared/ports/cloud-target.ts';

const patch: CloudRequest = {
  id: 'a',
  method: 'PATCH',
  path: '/users/1',
  body: { passwordProfile: { password: 'Pa55-word!' } },
};
const get: CloudRequest = { id: 'a', method: 'GET', path: '/users/1' };
const graphError = (
  code: string,
  message: string,
  details?: readonly { code: string; target: string }[],
) => ({
  error: {
    code,
    message,
    innerError: { 'request-id': 'r-1' },
    ...(details === undefined ? {} : { details }),
  },
});
const bad = 'Request_BadRequest';

interface Row {
  readonly name: string;
  readonly status: number;
  readonly body?: unknown;
  readonly isGarbled?: boolean;
  readonly code: ErrorCode;
  readonly targets?: readonly string[];
  readonly isAmbiguous?: boolean;
}

const table: readonly Row[] = [
  {
    name: 'token refused',
    status: 401,
    body: graphError('InvalidAuthenticationToken', 'x'),
    code: 'GRAPH_UNAUTHORIZED',
  },
  {
    name: 'no right',
    status: 403,
    body: graphError('Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'),
    code: 'GRAPH_FORBIDDEN',
  },
  {
    name: 'restricted unit',
    status: 403,
    body: graphError(
      'Authorization_RequestDenied',
      'Target object is in a restricted management administrative unit.',
    ),
    code: 'TARGET_PROTECTED',
  },
  {
    name: 'unknown object',
    status: 404,
    body: graphError(
      'Request_ResourceNotFound',
      "Resource '1' does not exist or one of its queried reference-property objects are not present.",
    ),
    code: 'GRAPH_NOT_FOUND',
  },
  {
    name: 'a 404 that is not Graph’s must not count as gone',
    status: 404,
    isGarbled: true,
    code: 'GRAPH_GARBAGE',
  },
  {
    name: 'a 404 of another JSON service',
    status: 404,
    body: { message: 'no such route' },
    code: 'GRAPH_GARBAGE',
  },
  {
    name: 'value taken',
    status: 400,
    body: graphError(bad, 'Another object…', [{ code: 'ObjectConflict', target: 'userPrincipalName' }]),
    code: 'GRAPH_CONFLICT',
    targets: ['userPrincipalName'],
  },
  {
    name: 'value taken, newer form',
    status: 400,
    body: graphError(bad, 'x', [
      { code: 'ConflictingObjects', target: 'proxyAddresses' },
      { code: 'ObjectConflict', target: 'proxyAddresses' },
    ]),
    code: 'GRAPH_CONFLICT',
    targets: ['proxyAddresses'],
  },
  {
    name: 'group name clash',
    status: 422,
    body: graphError('Request_UnprocessableEntity', 'x', [
      { code: 'PropertyConflict', target: 'mailNickname' },
    ]),
    code: 'GRAPH_CONFLICT',
    targets: ['mailNickname'],
  },
  {
    name: 'already a member',
    status: 400,
    body: graphError(
      bad,
      "One or more added object references already exist for the following modified properties: 'members'.",
    ),
    code: 'GRAPH_CONFLICT',
    targets: ['members'],
  },
  {
    name: 'bad value',
    status: 400,
    body: graphError(bad, "Invalid value specified for property 'usageLocation' of resource 'User'."),
    code: 'GRAPH_INVALID_VALUE',
    targets: ['usageLocation'],
  },
  {
    name: 'read-only',
    status: 400,
    body: graphError(bad, "Property 'proxyAddresses' is read-only and cannot be set."),
    code: 'GRAPH_INVALID_VALUE',
    targets: ['proxyAddresses'],
  },
  {
    name: 'synced by Microsoft',
    status: 400,
    body: graphError(
      bad,
      'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
    ),
    code: 'TARGET_PROTECTED',
  },
  {
    name: 'mastered by Exchange',
    status: 400,
    body: graphError(bad, 'Unable to update objects that have originated within an external service.'),
    code: 'TARGET_PROTECTED',
  },
  {
    name: 'mail-enabled group',
    status: 400,
    body: graphError(bad, 'Cannot Update a mail-enabled security groups and or distribution list.'),
    code: 'TARGET_PROTECTED',
  },
  {
    name: 'role-assignable group',
    status: 400,
    body: graphError(bad, 'Value for ArmUniqueName cannot be updated for groups assignable to role.'),
    code: 'TARGET_PROTECTED',
  },
  {
    name: 'parallel write',
    status: 409,
    body: graphError('Directory_ConcurrencyViolation', 'x'),
    code: 'GRAPH_CONCURRENCY',
  },
  {
    name: 'same key',
    status: 409,
    body: graphError('Request_MultipleObjectsWithSameKeyValue', 'x'),
    code: 'GRAPH_CONFLICT',
  },
  { name: 'part not run', status: 424, body: graphError('FailedDependency', 'x'), code: 'GRAPH_CONCURRENCY' },
  { name: 'throttled', status: 429, body: graphError('TooManyRequests', 'x'), code: 'GRAPH_THROTTLED' },
  { name: 'throttled by a gateway', status: 429, isGarbled: true, code: 'GRAPH_THROTTLED' },
  {
    name: 'server error',
    status: 500,
    body: graphError('InternalServerError', 'x'),
    code: 'GRAPH_UNREACHABLE',
    isAmbiguous: true,
  },
  { name: 'gateway page', status: 502, isGarbled: true, code: 'GRAPH_UNREACHABLE', isAmbiguous: true },
  {
    name: 'unavailable',
    status: 503,
    body: graphError('ServiceNotAvailable', 'x'),
    code: 'GRAPH_UNREACHABLE',
    isAmbiguous: true,
  },
  { name: 'gateway gave up', status: 504, code: 'GRAPH_UNREACHABLE', isAmbiguous: true },
  {
    name: 'not on this collection',
    status: 501,
    body: graphError('NotImplemented', 'x'),
    code: 'GRAPH_INVALID_VALUE',
  },
  { name: 'success in HTML', status: 200, isGarbled: true, code: 'GRAPH_GARBAGE', isAmbiguous: true },
  { name: 'created without an object', status: 201, code: 'GRAPH_GARBAGE', isAmbiguous: true },
  { name: 'redirect', status: 302, isGarbled: true, code: 'GRAPH_GARBAGE' },
];

const raw = (row: Pick<Row, 'status' | 'body' | 'isGarbled'>, headers: Record<string, string> = {}) => ({
  status: row.status,
  headers,
  body: row.body,
  isGarbled: row.isGarbled ?? false,
});

describe('answers by status, code and targets', () => {
  test.each(table)('$name ($status) is $code', (row) => {
    const answer = classifyAnswer(patch, raw(row));
    expect(answer).toMatchObject({
      ok: false,
      code: row.code,
      targets: row.targets ?? [],
      isAmbiguous: row.isAmbiguous ?? false,
    });
    expect(classifyAnswer(get, raw(row))).toMatchObject({ code: row.code, isAmbiguous: false });
  });

  test.each([204, 200, 201])('%i with what it should carry is a success', (status) => {
    const body = status === 204 ? undefined : { id: 'x' };
    expect(classifyAnswer(patch, raw({ status, body }, { 'request-id': 'r' }))).toEqual({
      id: 'a',
      ok: true,
      status,
      body,
      requestId: 'r',
    });
  });

  test.each([
    { header: '17', ms: 17_000 },
    { header: 'nonsense', ms: null },
    { header: undefined, ms: null },
  ])('Retry-After $header', ({ header, ms }) => {
    const headers = header === undefined ? {} : { 'retry-after': header };
    expect(classifyAnswer(patch, raw({ status: 503 }, headers))).toMatchObject({ retryAfterMs: ms });
  });

  test('Retry-After as a date', () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const answer = classifyAnswer(patch, raw({ status: 429 }, { 'retry-after': inAMinute }));
    expect(answer.ok ? 0 : answer.retryAfterMs).toBeGreaterThan(55_000);
  });

  test('a password that an answer repeats does not get out', () => {
    const answer = classifyAnswer(
      patch,
      raw({ status: 400, body: graphError(bad, 'Password Pa55-word! is weak') }),
    );
    expect(JSON.stringify(answer)).not.toContain('Pa55-word!');
    expect(answer).toMatchObject({ message: 'Password [redacted] is weak', requestId: 'r-1' });
  });
});
