import { randomUUID } from 'node:crypto';
import { ChangeLog } from './change-log.ts';
import type { DirectoryObject } from './directory-object.ts';
import { parseDn, relativeNameKey, type RelativeName } from './distinguished-name.ts';
import { guidToBytes, parseGuid } from './guid.ts';
import { sidFromBytes } from './sid.ts';

interface StoreNames {
  /** Dotted, as corp.example. */
  readonly domain: string;
  readonly netbios: string;
  readonly baseDn: string;
  readonly domainSid: string;
  readonly hostName: string;
}

interface NamingContext {
  readonly head: DirectoryObject;
  readonly names: readonly RelativeName[];
  readonly log: ChangeLog;
}

/** All objects, their indexes and the update sequence numbers. */
export class DirectoryStore {
  readonly names: StoreNames;
  invocationId: string = randomUUID();
  highestUsn = 0;
  readonly #contexts: NamingContext[] = [];
  readonly #byGuid = new Map<string, DirectoryObject>();
  readonly #bySid = new Map<string, DirectoryObject>();
  readonly #byAccount = new Map<string, DirectoryObject>();
  readonly #byPrincipal = new Map<string, DirectoryObject>();
  #nextRelativeId = 1103;
  #deletedObjects: DirectoryObject | undefined;

  constructor(names: StoreNames) {
    this.names = names;
  }

  get namingContexts(): readonly DirectoryObject[] {
    return this.#contexts.map((context) => context.head);
  }

  get domainHead(): DirectoryObject {
    const head = this.#contexts[0]?.head;
    if (head === undefined) throw new Error('the domain has not been seeded');
    return head;
  }

  /** CN=Deleted Objects of the domain, where tombstones lie flat. */
  get deletedObjects(): DirectoryObject {
    if (this.#deletedObjects === undefined) {
      const found = this.findByDn(`CN=Deleted Objects,${this.names.baseDn}`);
      if (found === undefined || found === 'malformed')
        throw new Error('the domain has no CN=Deleted Objects');
      this.#deletedObjects = found;
    }
    return this.#deletedObjects;
  }

  addNamingContext(head: DirectoryObject): void {
    const names = parseDn(head.dn) ?? [];
    this.#contexts.push({ head, names, log: new ChangeLog() });
    this.#byGuid.set(head.guid, head);
  }

  insert(object: DirectoryObject): void {
    this.#byGuid.set(object.guid, object);
    object.parent?.children.set(object.key, object);
    this.index(object);
  }

  /** Renames and moves in the tree; the object keeps everything below it. */
  relocate(object: DirectoryObject, name: RelativeName, parent: DirectoryObject): void {
    object.parent?.children.delete(object.key);
    object.name = name;
    object.parent = parent;
    parent.children.set(object.key, object);
  }

  /** Enters the names under which an account can be found; deleted objects are not found by name. */
  index(object: DirectoryObject): void {
    const sid = object.bytes('objectsid');
    if (sid !== undefined) this.#bySid.set(sidFromBytes(sid), object);
    if (object.isDeleted) return;
    const account = object.text('samaccountname');
    const principal = object.text('userprincipalname');
    if (account !== undefined) this.#byAccount.set(account.toLowerCase(), object);
    if (principal !== undefined) this.#byPrincipal.set(principal.toLowerCase(), object);
  }

  unindex(object: DirectoryObject): void {
    const account = object.text('samaccountname')?.toLowerCase();
    const principal = object.text('userprincipalname')?.toLowerCase();
    if (account !== undefined && this.#byAccount.get(account) === object) this.#byAccount.delete(account);
    if (principal !== undefined && this.#byPrincipal.get(principal) === object)
      this.#byPrincipal.delete(principal);
  }

  byGuid(guid: string): DirectoryObject | undefined {
    return this.#byGuid.get(guid);
  }

  bySid(sid: string): DirectoryObject | undefined {
    return this.#bySid.get(sid);
  }

  byAccountName(name: string): DirectoryObject | undefined {
    return this.#byAccount.get(name.toLowerCase());
  }

  byPrincipalName(name: string): DirectoryObject | undefined {
    return this.#byPrincipal.get(name.toLowerCase());
  }

  byRelativeId(rid: number): DirectoryObject | undefined {
    return this.#bySid.get(`${this.names.domainSid}-${rid}`);
  }

  /** Takes a DN, `<GUID=…>`, `<SID=…>` or the extended form of either; 'malformed' is no name at all. */
  find(name: string): DirectoryObject | 'malformed' | undefined {
    const identity = /^<(GUID|SID)=([^>]*)>/i.exec(name);
    if (identity === null) return this.findByDn(name);
    const [, kind, value = ''] = identity;
    if (kind?.toUpperCase() === 'SID') return this.#bySid.get(value.toUpperCase());
    const guid = parseGuid(value);
    return guid === undefined ? 'malformed' : this.#byGuid.get(guid);
  }

  findByDn(dn: string): DirectoryObject | 'malformed' | undefined {
    const names = parseDn(dn);
    if (names === undefined || names.length === 0) return 'malformed';
    let best: NamingContext | undefined;
    for (const context of this.#contexts) {
      if (endsWith(names, context.names) && context.names.length > (best?.names.length ?? 0)) best = context;
    }
    if (best === undefined) return undefined;
    let current: DirectoryObject | undefined = best.head;
    for (const name of names.slice(0, names.length - best.names.length).reverse()) {
      current = current?.children.get(relativeNameKey(name));
    }
    return current;
  }

  contextOf(object: DirectoryObject): DirectoryObject {
    let head = object;
    while (head.parent !== undefined) head = head.parent;
    return head;
  }

  takeRelativeId(): number {
    this.#nextRelativeId += 1;
    return this.#nextRelativeId - 1;
  }

  nextUsn(): number {
    this.highestUsn += 1;
    return this.highestUsn;
  }

  /** Every originating write ends here: uSNChanged, whenChanged and the change log move together. */
  stamp(object: DirectoryObject, usn: number, now: number): void {
    object.usnChanged = usn;
    object.changedAt = now;
    this.#logOf(object).record(object, usn);
  }

  changesSince(context: DirectoryObject, usn: number): Generator<DirectoryObject> {
    return this.#logOf(context).since(usn);
  }

  #logOf(object: DirectoryObject): ChangeLog {
    const head = this.contextOf(object);
    const context = this.#contexts.find((one) => one.head === head);
    if (context === undefined) throw new Error(`${object.dn} is in no naming context`);
    return context.log;
  }

  /**
   * Looks like a domain controller that was put back to an older image: numbers above `usn` are given out again, and
   * what had them counts as old. Contents stay as they are.
   */
  rollBack(usn: number): void {
    this.highestUsn = usn;
    for (const context of this.#contexts) context.log.lowerTo(usn);
    for (const object of this.#byGuid.values()) object.lowerTo(usn);
  }

  setInvocationId(guid: string): void {
    this.invocationId = guid;
    const settings = this.find(this.settingsDn);
    if (settings !== undefined && settings !== 'malformed') {
      settings.set('invocationId', [guidToBytes(guid)], this.highestUsn);
    }
  }

  get settingsDn(): string {
    const host = this.names.hostName.split('.')[0]?.toUpperCase() ?? '';
    return `CN=NTDS Settings,CN=${host},CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,${this.names.baseDn}`;
  }
}

function endsWith(names: readonly RelativeName[], suffix: readonly RelativeName[]): boolean {
  if (names.length < suffix.length) return false;
  const offset = names.length - suffix.length;
  return suffix.every((name, index) => {
    const other = names[offset + index];
    return other !== undefined && relativeNameKey(other) === relativeNameKey(name);
  });
}
