import { resultCode } from './wire/result-code.ts';
import { LdapFailure } from './wire/ldap-failure.ts';
import type { LdapRequest, SearchOperation } from './wire/ldap-request.ts';
import { writeEntry, writeResult, type responseTag } from './wire/write-response.ts';
import { readControls } from './wire/controls.ts';
import type { Access, Principal } from './store/access.ts';
import type { DirectoryStore } from './store/directory-store.ts';
import type { Faults } from './control/faults.ts';
import { add } from './operations/add.ts';
import { bind } from './operations/bind.ts';
import { compare } from './operations/compare.ts';
import { deleteObject } from './operations/delete-object.ts';
import { refusedCookie } from './operations/dir-sync-cookie.ts';
import { dirSync } from './operations/dir-sync.ts';
import { modify } from './operations/modify.ts';
import { modifyDn } from './operations/modify-dn.ts';
import { openNotification, type Notification } from './operations/notification.ts';
import type { OperationContext, WriteRecord } from './operations/operation-context.ts';
import { readRootDse, WHO_AM_I } from './operations/root-dse.ts';
import { search, type PagedSearches, type SearchAnswer } from './operations/search.ts';

/** What all connections share. */
export interface Directory {
  readonly store: DirectoryStore;
  readonly access: Access;
  readonly faults: Faults;
  readonly allowsPlainBind: boolean;
  readonly dirSyncPage: number;
}

/** What one connection remembers between its requests. */
export interface Session {
  principal: Principal | undefined;
  isEncrypted: boolean;
  readonly pagedSearches: PagedSearches;
  readonly notifications: Map<number, Notification>;
}

interface Outcome {
  readonly messages: readonly Buffer[];
  readonly records: readonly WriteRecord[];
}

/** Carries out one request and encodes its whole answer; a refusal is an answer too. */
export function carryOut(directory: Directory, session: Session, request: LdapRequest, now: number): Outcome {
  try {
    return dispatch(directory, session, request, now);
  } catch (error) {
    const failure = error instanceof LdapFailure ? error : undefined;
    // A fault of this program is told to the client, who is our developer, and to nobody's data.
    const text =
      failure?.message ?? `000020EF: internal error: ${error instanceof Error ? (error.stack ?? '') : ''}`;
    const { matchedDn = '', code = resultCode.other } = failure ?? {};
    return answer([writeResult(request.id, answerKind(request), code, { diagnostic: text, matchedDn })]);
  }
}

function dispatch(directory: Directory, session: Session, request: LdapRequest, now: number): Outcome {
  const { id, operation } = request;
  const { store, access } = directory;
  switch (operation.kind) {
    case 'bind': {
      const { isEncrypted } = session;
      // A failed bind leaves the connection anonymous (RFC 4511, 4.2.1).
      session.principal = undefined;
      const { allowsPlainBind } = directory;
      session.principal = bind({ store, access, now, isEncrypted, allowsPlainBind }, operation);
      return answer([writeResult(id, 'bind', resultCode.success)]);
    }
    case 'extended':
      return extended(directory, session, id, operation.oid);
    case 'abandon':
      session.notifications.delete(operation.target);
      return answer([]);
    case 'unbind':
      return answer([]);
    case 'search':
      return searchAnything(directory, session, request, operation, now);
    default: {
      const context = makeContext(directory, session, request, now);
      if (operation.kind === 'compare') {
        return answer([writeResult(id, 'compare', compare(context, operation))]);
      }
      const records = write(context, operation);
      return answer([writeResult(id, operation.kind, resultCode.success)], records);
    }
  }
}

function write(
  context: OperationContext,
  operation: Extract<LdapRequest['operation'], { kind: 'add' | 'modify' | 'modify-dn' | 'delete' }>,
): WriteRecord[] {
  switch (operation.kind) {
    case 'add':
      return add(context, operation);
    case 'modify':
      return modify(context, operation);
    case 'modify-dn':
      return modifyDn(context, operation);
    case 'delete':
      return deleteObject(context, operation.dn);
  }
}

function makeContext(
  directory: Directory,
  session: Session,
  request: LdapRequest,
  now: number,
): OperationContext {
  const { store, access } = directory;
  const { principal, isEncrypted } = session;
  if (principal === undefined) {
    throw new LdapFailure('operationsError', '00002020: Operation unavailable without authentication');
  }
  return { store, access, principal, controls: readControls(request.controls), now, isEncrypted };
}

function searchAnything(
  directory: Directory,
  session: Session,
  request: LdapRequest,
  operation: SearchOperation,
  now: number,
): Outcome {
  const { id } = request;
  if (operation.base === '' && operation.scope === 'base') {
    const entry = readRootDse(directory.store, operation, now);
    return answer([writeEntry(id, entry), writeResult(id, 'search', resultCode.success)]);
  }
  const context = makeContext(directory, session, request, now);
  if (context.controls.notification) {
    const notification = openNotification(context, id, operation, session.notifications.size);
    session.notifications.set(id, notification);
    return answer([]);
  }
  const found = find(directory, session, context, operation);
  const { code, controls } = found;
  return answer([
    ...found.entries.map((entry) => writeEntry(id, entry)),
    writeResult(id, 'search', code, { controls }),
  ]);
}

function find(
  directory: Directory,
  session: Session,
  context: OperationContext,
  operation: SearchOperation,
): SearchAnswer {
  const request = context.controls.dirSync;
  if (request === undefined) {
    if (directory.faults.refusesPages) session.pagedSearches.clear();
    return search(context, operation, session.pagedSearches);
  }
  if (directory.faults.refusesCookies && request.cookie.length > 0) throw refusedCookie();
  return dirSync(context, operation, request, { pageObjects: directory.dirSyncPage });
}

function extended(directory: Directory, session: Session, id: number, oid: string): Outcome {
  if (oid !== WHO_AM_I) {
    throw new LdapFailure('protocolError', `Extended Operation(${oid}) not supported`);
  }
  const account = session.principal?.object.text('samaccountname');
  const name = account === undefined ? '' : `u:${directory.store.names.netbios}\\${account}`;
  return answer([writeResult(id, 'extended', resultCode.success, { value: Buffer.from(name) })]);
}

function answer(messages: readonly Buffer[], records: readonly WriteRecord[] = []): Outcome {
  return { messages, records };
}

/** Abandon and unbind have no answer and cannot fail; the kind is only needed to be total. */
export function answerKind(request: LdapRequest): keyof typeof responseTag {
  const { kind } = request.operation;
  return kind === 'abandon' || kind === 'unbind' ? 'extended' : kind;
}
