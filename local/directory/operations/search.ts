import { randomBytes } from 'node:crypto';
import type { DirectoryObject } from '../store/directory-object.ts';
import { compileFilter, type ObjectTest } from '../store/match-filter.ts';
import { pagedResponse } from '../wire/controls.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { SearchOperation } from '../wire/ldap-request.ts';
import { resultCode, type ResultCode } from '../wire/result-code.ts';
import type { ResponseControl, ResponseEntry } from '../wire/write-response.ts';
import { buildEntry } from './build-entry.ts';
import { findCandidates } from './find-candidates.ts';
import { isVisible, resolve, type OperationContext } from './operation-context.ts';
import { selectAttributes } from './select-attributes.ts';

/** AD's MaxPageSize policy: no answer, paged or not, has more entries. */
const PAGE_MAX = 1000;

export interface SearchAnswer {
  readonly entries: readonly ResponseEntry[];
  readonly code: ResultCode;
  readonly controls: readonly ResponseControl[];
}

/** Paged searches of one connection: what is still to be looked at, by cookie. */
export type PagedSearches = Map<string, Iterator<DirectoryObject>>;

export function search(
  context: OperationContext,
  operation: SearchOperation,
  paged: PagedSearches,
): SearchAnswer {
  const base = resolve(context, operation.base, `0000208D: NameErr: no object '${operation.base}'`);
  const matches = compileFilter(operation.filter, context.store, (definition) =>
    context.access.canRead(context.principal, definition),
  );
  const accept: ObjectTest = (object) => isVisible(context, object) && matches(object);
  const source = takeSource(context, operation, base, paged);
  const limit = operation.sizeLimit > 0 ? operation.sizeLimit : Infinity;
  const requested = context.controls.paged?.size ?? PAGE_MAX;
  const pageSize = Math.min(Math.max(requested, 1), PAGE_MAX, limit);
  const selection = selectAttributes(operation.attributes);
  const entries: ResponseEntry[] = [];
  const more = { found: undefined as DirectoryObject | undefined };
  for (let next = source.next(); next.done !== true; next = source.next()) {
    if (!accept(next.value)) continue;
    if (entries.length === pageSize) {
      more.found = next.value;
      break;
    }
    entries.push(buildEntry(context, next.value, selection, operation.typesOnly));
  }
  if (context.controls.paged === undefined) {
    const code = more.found === undefined ? resultCode.success : resultCode.sizeLimitExceeded;
    return { entries, code, controls: [] };
  }
  const cookie = more.found === undefined ? Buffer.alloc(0) : randomBytes(16);
  if (more.found !== undefined) paged.set(cookie.toString('hex'), resume(more.found, source));
  return { entries, code: resultCode.success, controls: [pagedResponse(cookie)] };
}

function takeSource(
  context: OperationContext,
  operation: SearchOperation,
  base: DirectoryObject,
  paged: PagedSearches,
): Iterator<DirectoryObject> {
  const cookie = context.controls.paged?.cookie;
  if (cookie === undefined || cookie.length === 0) return scope(context, operation, base);
  const key = cookie.toString('hex');
  const source = paged.get(key);
  if (source === undefined) {
    throw new LdapFailure('unavailableCriticalExtension', '00000057: LdapErr: unknown paged-results cookie');
  }
  paged.delete(key);
  return source;
}

function* resume(first: DirectoryObject, rest: Iterator<DirectoryObject>): Generator<DirectoryObject> {
  yield first;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}

/** The objects in scope, read as they are: a subtree is listed at once, so that writes between pages do no harm. */
function scope(
  context: OperationContext,
  operation: SearchOperation,
  base: DirectoryObject,
): Iterator<DirectoryObject> {
  if (operation.scope === 'base') return [base].values();
  if (operation.scope === 'one') return [...base.children.values()].values();
  const candidates = findCandidates(context.store, operation.filter, base, context.controls.showDeleted);
  if (candidates !== undefined) return candidates.filter((object) => object.isWithin(base)).values();
  return [...base.subtree()].values();
}
