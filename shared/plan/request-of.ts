import { invariant } from '../errors/invariant.ts';
import type { CloudRequest } from '../model/cloud-request.ts';
import type { Operation } from './operation.ts';
import type { Step } from './step.ts';

export interface RequestContext {
  /** Cloud id of the object, once it has one. */
  readonly cloudId: string | null;
  /** Root of object references in bodies, such as `https://graph.microsoft.com/v1.0`. */
  readonly root: string;
  /** A password nobody will ever see; made anew for every creation. */
  readonly newPassword: () => string;
}

const json = { 'Content-Type': 'application/json' };

/** The request of a step. */
export function requestOf(step: Step, id: string, context: RequestContext): CloudRequest {
  return { id, ...build(step, context) };
}

function build(step: Step, context: RequestContext): Omit<CloudRequest, 'id'> {
  switch (step.kind) {
    case 'create':
      return step.operation.cloudClass === 'user'
        ? createUser(step.operation, context)
        : upsertGroup(step.operation);
    case 'find-anchor':
      return { method: 'GET', path: findAnchorPath(step.operation) };
    case 'find-deleted':
      return { method: 'GET', path: findDeletedPath(step.operation) };
    case 'find-group':
      return { method: 'GET', path: `/groups/${step.operation.cloudId}?$select=id` };
    case 'restore':
      return {
        method: 'POST',
        path: `/directory/deletedItems/${step.operation.cloudId}/restore`,
        headers: json,
        body: {},
      };
    case 'patch':
      return {
        method: 'PATCH',
        path: objectPath(step.update ?? step.account),
        headers: json,
        body: patchBody(step),
      };
    case 'revoke-sessions':
      return {
        method: 'POST',
        path: `/users/${step.operation.cloudId}/revokeSignInSessions`,
        headers: json,
        body: {},
      };
    case 'set-reference':
      return {
        method: 'PUT',
        path: `/users/${step.operation.cloudId ?? idOf(context)}/${step.operation.name}/$ref`,
        headers: json,
        body: { '@odata.id': `${context.root}/users/${step.operation.targetCloudId}` },
      };
    case 'clear-reference':
      return { method: 'DELETE', path: `/users/${step.operation.cloudId}/${step.operation.name}/$ref` };
    case 'add-members':
      return addMembers(step.operation, context);
    case 'remove-member':
      // Without /$ref this request would delete the member itself (docs/reference/facts.md).
      return {
        method: 'DELETE',
        path: `/groups/${step.operation.cloudId}/members/${step.operation.member.cloudId}/$ref`,
      };
    case 'delete':
      return { method: 'DELETE', path: objectPath(step.operation) };
  }
}

function createUser(
  operation: Extract<Operation, { kind: 'create' }>,
  context: RequestContext,
): Omit<CloudRequest, 'id'> {
  const body = nest({ ...operation.values, onPremisesImmutableId: operation.anchor });
  const passwordProfile = { password: context.newPassword(), forceChangePasswordNextSignIn: false };
  return { method: 'POST', path: '/users', headers: json, body: { ...body, passwordProfile } };
}

/** Idempotent by the client's own key: a repeated creation updates. */
function upsertGroup(operation: Extract<Operation, { kind: 'create' }>): Omit<CloudRequest, 'id'> {
  return {
    method: 'PATCH',
    path: `/groups(uniqueName='${encodeURIComponent(quote(operation.anchor))}')`,
    headers: { ...json, Prefer: 'create-if-missing' },
    body: nest(operation.values),
  };
}

function addMembers(
  operation: Extract<Operation, { kind: 'add-members' }>,
  context: RequestContext,
): Omit<CloudRequest, 'id'> {
  const references = operation.members.map((member) => `${context.root}/directoryObjects/${member.cloudId}`);
  const [only] = references;
  if (references.length === 1) {
    return {
      method: 'POST',
      path: `/groups/${operation.cloudId}/members/$ref`,
      headers: json,
      body: { '@odata.id': only },
    };
  }
  return {
    method: 'PATCH',
    path: `/groups/${operation.cloudId}`,
    headers: json,
    body: { 'members@odata.bind': references },
  };
}

const lookUpFields = 'id,onPremisesSyncEnabled,onPremisesImmutableId';

function findAnchorPath(operation: Extract<Operation, { kind: 'create' }>): string {
  if (operation.cloudClass === 'group')
    return `/groups(uniqueName='${encodeURIComponent(quote(operation.anchor))}')?$select=id,onPremisesSyncEnabled`;
  const filter = encodeURIComponent(`onPremisesImmutableId eq '${quote(operation.anchor)}'`);
  return `/users?$filter=${filter}&$select=${lookUpFields}`;
}

function findDeletedPath(operation: Extract<Operation, { kind: 'create' }>): string {
  const property = operation.cloudClass === 'group' ? 'uniqueName' : 'onPremisesImmutableId';
  const filter = encodeURIComponent(`${property} eq '${quote(operation.anchor)}'`);
  return `/directory/deletedItems/microsoft.graph.${operation.cloudClass}?$filter=${filter}&$select=id`;
}

function patchBody(step: Extract<Step, { kind: 'patch' }>): unknown {
  const values: Record<string, unknown> = {};
  for (const [path, change] of Object.entries(step.update?.changes ?? {})) values[path] = change.after;
  if (step.account !== null) values['accountEnabled'] = step.account.kind === 'enable';
  return nest(values);
}

/** Collections are emptied by an empty list; null is refused there. */
const collections = new Set(['businessPhones', 'otherMails']);

/** `onPremisesExtensionAttributes.extensionAttribute1` becomes a member of an object. */
function nest(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(values)) {
    const [outer, inner] = path.split('.');
    invariant(outer, 'a target path is not empty');
    const written = value === null && collections.has(path) ? [] : value;
    if (inner === undefined) body[outer] = written;
    else body[outer] = { ...(body[outer] as Record<string, unknown> | undefined), [inner]: written };
  }
  return body;
}

function objectPath(operation: Operation | null): string {
  invariant(
    operation !== null && 'cloudId' in operation && operation.cloudId !== null,
    'only linked objects are changed',
  );
  return `/${operation.cloudClass}s/${operation.cloudId}`;
}

function idOf(context: RequestContext): string {
  invariant(context.cloudId, 'a new object is written before what belongs to it');
  return context.cloudId;
}

const quote = (text: string): string => text.replaceAll("'", "''");
