import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { SyncError } from '../shared/errors/sync-error.ts';
import { functionApp, type FunctionApp } from './composition.ts';
import { acceptRequest } from './operator/accept-request.ts';
import { isOperatorKind, operatorBodies } from './operator/operator-request.ts';
import { operatorVerifier, type VerifyOperator } from './operator/verify-operator.ts';

let verifier: VerifyOperator | null = null;

/** `POST /api/operator/{kind}`: the only way to change what the function app does. 202, or 400, 401, 403 with the reason. */
export async function httpOperator(request: HttpRequest): Promise<HttpResponseInit> {
  const app = appOrError();
  if (app instanceof SyncError) {
    // The caller is not known yet: which settings are wrong is told to the log alone.
    return { status: 503, jsonBody: { code: app.code, message: 'the function app is not configured' } };
  }
  const { pipeline, settings } = app;
  verifier ??= operatorVerifier(settings.operator);
  try {
    const operator = await verifier(request.headers.get('authorization'));
    const kind = request.params['kind'] ?? '';
    if (!isOperatorKind(kind))
      throw new SyncError(
        'OPERATOR_INVALID',
        `no such request: ${kind}; there are ${Object.keys(operatorBodies).join(', ')}`,
      );
    const accepted = await acceptRequest(pipeline, kind, await readBody(request), operator);
    pipeline.log.info('an operator request was accepted', {
      kind,
      request: accepted.requestId,
      operator: operator.id,
    });
    return { status: 202, jsonBody: { requestId: accepted.requestId, ...accepted.detail } };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const status =
      { OPERATOR_UNAUTHORIZED: 401, OPERATOR_FORBIDDEN: 403, OPERATOR_INVALID: 400, PLAN_STALE: 400 }[
        error.code as string
      ] ?? 503;
    pipeline.log.warn('an operator request was refused', { code: error.code, status });
    return { status, jsonBody: { code: error.code, message: error.message, action: error.action } };
  }
}

function appOrError(): FunctionApp | SyncError {
  try {
    return functionApp();
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
}

async function readBody(request: HttpRequest): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    throw new SyncError('OPERATOR_INVALID', 'the body is not JSON', { cause });
  }
}
