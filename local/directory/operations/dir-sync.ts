import { attribute, type AttributeDefinition } from '../schema/schema.ts';
import { secretAttributes } from '../store/access.ts';
import type { DirectoryObject, LinkValue } from '../store/directory-object.ts';
import { guidToBytes } from '../store/guid.ts';
import { compileFilter } from '../store/match-filter.ts';
import { formatReference, formatValue, type ReferenceForm } from '../store/reference.ts';
import { dirSyncResponse, type DirSyncRequest } from '../wire/controls.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { SearchOperation } from '../wire/ldap-request.ts';
import { resultCode } from '../wire/result-code.ts';
import type { EntryAttribute, ResponseEntry } from '../wire/write-response.ts';
import { referenceForm } from './build-entry.ts';
import { readCookie, writeCookie, type DirSyncPosition } from './dir-sync-cookie.ts';
import type { OperationContext } from './operation-context.ts';
import type { SearchAnswer } from './search.ts';
import { selectAttributes } from './select-attributes.ts';

const OBJECT_SECURITY = 0x1;
const ANCESTORS_FIRST = 0x800;
const INCREMENTAL_VALUES = 0x80000000;
const knownFlags = OBJECT_SECURITY | ANCESTORS_FIRST | 0x2000 | INCREMENTAL_VALUES;

export interface DirSyncOptions {
  /** Objects in one answer at most, whatever the client allows. */
  readonly pageObjects: number;
}

interface ChangeView {
  readonly context: OperationContext;
  readonly base: number;
  readonly isIncremental: boolean;
  /** Undefined: all replicated attributes. */
  readonly wanted: ReadonlySet<string> | undefined;
}

/**
 * What changed in a naming context since the cookie (MS-ADTS 3.1.1.3.4.1.3). Objects come in the order of their last
 * change; an object that changes while a client is between two pages moves behind its position and is read again.
 */
export function dirSync(
  context: OperationContext,
  operation: SearchOperation,
  request: DirSyncRequest,
  options: DirSyncOptions,
): SearchAnswer {
  const { store, access, principal } = context;
  const head = store.find(operation.base);
  if (head === undefined || head === 'malformed' || !store.namingContexts.includes(head)) {
    throw new LdapFailure('insufficientAccessRights', 'dN is not one of the naming context');
  }
  if ((request.flags & ~knownFlags) !== 0) {
    throw new LdapFailure('unavailableCriticalExtension', '00000057: LdapErr: unknown DirSync flags');
  }
  if ((request.flags & OBJECT_SECURITY) === 0 && !access.canReplicate(principal)) {
    throw new LdapFailure(
      'insufficientAccessRights',
      'error in module dirsync: insufficient access rights during LDB_SEARCH (50)',
    );
  }
  const position = startPosition(context, request.cookie);
  const selection = selectAttributes(operation.attributes);
  const view: ChangeView = {
    context,
    base: position.base,
    isIncremental: (request.flags & INCREMENTAL_VALUES) !== 0,
    wanted: selection.isAll ? undefined : new Set(selection.named.map((one) => one.definition.key)),
  };
  const accept = compileFilter(operation.filter, store, (definition) =>
    access.canRead(principal, definition),
  );
  const page = new DirSyncPage(view, accept, request.bytesMax, options.pageObjects);
  const ancestorsFirst = (request.flags & ANCESTORS_FIRST) !== 0;
  let reached = position.reached;
  let isMore = false;
  for (const object of store.changesSince(head, position.reached)) {
    // Only between two numbers: after a rollback several objects can share one.
    if (page.isFull && object.usnChanged !== reached) {
      isMore = true;
      break;
    }
    if (ancestorsFirst) page.addAncestors(object);
    page.add(object);
    reached = object.usnChanged;
  }
  const end = isMore ? reached : store.highestUsn;
  const next = { invocationId: store.invocationId, base: isMore ? position.base : end, reached: end };
  const control = dirSyncResponse(isMore, writeCookie(next, context.now));
  return { entries: page.entries, code: resultCode.success, controls: [control] };
}

/** A cookie of another replica proves nothing here: everything is reported again. */
function startPosition(context: OperationContext, cookie: Buffer): DirSyncPosition {
  const { store } = context;
  const position = readCookie(cookie);
  if (position?.invocationId !== store.invocationId) {
    return { invocationId: store.invocationId, base: 0, reached: 0 };
  }
  return position;
}

class DirSyncPage {
  readonly entries: ResponseEntry[] = [];
  readonly #view: ChangeView;
  readonly #accept: (object: DirectoryObject) => boolean;
  readonly #bytesMax: number;
  readonly #objectsMax: number;
  readonly #seen = new Set<DirectoryObject>();
  #bytes = 0;

  constructor(
    view: ChangeView,
    accept: (object: DirectoryObject) => boolean,
    bytesMax: number,
    objectsMax: number,
  ) {
    this.#view = view;
    this.#accept = accept;
    this.#bytesMax = bytesMax > 0 ? bytesMax : Infinity;
    this.#objectsMax = objectsMax;
  }

  get isFull(): boolean {
    return this.entries.length >= this.#objectsMax || this.#bytes >= this.#bytesMax;
  }

  /** Parents that have changed themselves go before their children, the topmost first. */
  addAncestors(object: DirectoryObject): void {
    const changed: DirectoryObject[] = [];
    for (let one = object.parent; one !== undefined; one = one.parent) {
      if (one.usnChanged > this.#view.base) changed.unshift(one);
    }
    for (const one of changed) this.add(one);
  }

  add(object: DirectoryObject): void {
    const { access, principal, store } = this.#view.context;
    if (this.#seen.has(object)) return;
    this.#seen.add(object);
    if (!access.canSee(principal, object, store.deletedObjects) || !this.#accept(object)) return;
    const attributes = changedAttributes(this.#view, object);
    if (attributes.length === 0) return;
    const entry = {
      dn: formatReference(object, referenceForm(this.#view.context)),
      attributes: [...attributes, ...identity(object, attributes)],
    };
    this.entries.push(entry);
    this.#bytes += entrySize(entry);
  }
}

/** objectGUID and instanceType come with every entry, parentGUID with every name. */
function identity(object: DirectoryObject, changed: readonly EntryAttribute[]): EntryAttribute[] {
  const names = new Set(changed.map((one) => one.name));
  const attributes: EntryAttribute[] = [{ name: 'objectGUID', values: [guidToBytes(object.guid)] }];
  if (!names.has('instanceType')) {
    attributes.push({ name: 'instanceType', values: [object.text('instancetype') ?? '4'] });
  }
  if (names.has('name') && object.parent !== undefined) {
    attributes.push({ name: 'parentGUID', values: [guidToBytes(object.parent.guid)] });
  }
  return attributes;
}

function changedAttributes(view: ChangeView, object: DirectoryObject): EntryAttribute[] {
  const form = referenceForm(view.context);
  const result: EntryAttribute[] = [];
  for (const [key, stored] of object.attributes) {
    if (stored.usn <= view.base || !isReported(view, stored.definition)) continue;
    if (!secretAttributes.has(key)) {
      // References that are no links carry their GUID even without control 529.
      const values = stored.values.map((value) => formatValue(value, form === 'plain' ? 'text' : form));
      result.push({ name: stored.definition.name, values });
    } else if (view.context.principal.isAdministrator) {
      result.push({ name: stored.definition.name, values: [] });
    }
  }
  for (const [key, links] of object.links) {
    const definition = attribute(key);
    if (isReported(view, definition))
      result.push(...changedLinks(view, definition, [...links.values()], form));
  }
  return result;
}

function isReported(view: ChangeView, definition: AttributeDefinition): boolean {
  if (!definition.replicated || (view.wanted !== undefined && !view.wanted.has(definition.key))) return false;
  return view.context.access.canRead(view.context.principal, definition);
}

/** Incrementally: what was added under `range=1-1`, what was removed under `range=0-0`; else all values once one changed. */
function changedLinks(
  view: ChangeView,
  definition: AttributeDefinition,
  links: readonly LinkValue[],
  form: ReferenceForm,
): EntryAttribute[] {
  const changed = links.filter((link) => link.usn > view.base);
  if (changed.length === 0) return [];
  const names = (some: readonly LinkValue[]) => some.map((link) => formatReference(link.target, form));
  if (!view.isIncremental)
    return [{ name: definition.name, values: names(links.filter((link) => link.isPresent)) }];
  const added = changed.filter((link) => link.isPresent);
  const removed = changed.filter((link) => !link.isPresent);
  return [
    { name: `${definition.name};range=0-0`, values: names(removed) },
    { name: `${definition.name};range=1-1`, values: names(added) },
  ].filter((one) => one.values.length > 0);
}

function entrySize(entry: ResponseEntry): number {
  let size = 32 + entry.dn.length;
  for (const one of entry.attributes) {
    size += 8 + one.name.length;
    for (const value of one.values) size += 4 + value.length;
  }
  return size;
}
