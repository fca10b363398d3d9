import type { Control, Filter } from 'ldapts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import { guidTextFromKey } from '../../shared/model/guid.ts';
import {
  anyObject,
  readHighestUsn,
  readUpToDateVector,
  readObject,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { changedSinceFilter, nothingFilter } from '../../shared/adapters/active-directory/filters.ts';
import type {
  LdapConnection,
  SearchParameters,
} from '../../shared/adapters/active-directory/ldap-connection.ts';
import {
  controlOids,
  dirSyncControl,
  extendedDnControl,
  pagingControl,
  readDirSyncAnswer,
  readPagingAnswer,
  showDeletedControl,
} from '../../shared/adapters/active-directory/ldap-controls.ts';
import {
  attributeOf,
  textOf,
  type LdapAttribute,
  type LdapEntry,
} from '../../shared/adapters/active-directory/ldap-entry.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import { resultCodeOf } from '../../shared/adapters/active-directory/ldap-errors.ts';

export interface EntryPage {
  readonly version: Version;
  readonly entries: readonly LdapEntry[];
  /** Empty: this was the last page. */
  readonly cookie: Buffer;
}

/** "Unavailable critical extension" and "unwilling to perform": how a DirSync with a foreign or broken cookie ends. */
const cookieRefusals: ReadonlySet<number | undefined> = new Set([12, 53]);

interface DirSyncRequest {
  readonly filter: Filter;
  readonly attributes: readonly string[];
  readonly cookie: Buffer;
}

/**
 * Reads of one naming context. Reads whose result travels with a version run one after the other (`exclusive`), each
 * with a version drawn just before it is sent: so a later version never tells an older state. Look-ups that only help
 * to understand an entry go over a connection of their own, since the first one may be held back by a slow broker.
 */
export class DirectoryReader {
  readonly namingContext: string;
  readonly draw: () => Version;
  readonly #main: LdapConnection;
  readonly #side: LdapConnection;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: {
    namingContext: string;
    main: LdapConnection;
    side: LdapConnection;
    draw: () => Version;
  }) {
    this.namingContext = options.namingContext;
    this.draw = options.draw;
    this.#main = options.main;
    this.#side = options.side;
  }

  /** First come, first served. Not to be nested. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** One page of what changed. `onEntries` sees them as they arrive; inside `exclusive`. */
  async dirSync(
    request: DirSyncRequest,
    onEntries: (entries: readonly LdapEntry[]) => Promise<void>,
  ): Promise<{ more: boolean; cookie: Buffer }> {
    try {
      return await this.#dirSync(request, onEntries);
    } catch (error) {
      if (request.cookie.length === 0 || !(await this.#isCookieAtFault(error, request))) throw error;
      throw new SyncError('COOKIE_REJECTED', 'the domain controller no longer accepts the DirSync cookie', {
        cause: error,
      });
    }
  }

  async #dirSync(
    request: DirSyncRequest,
    onEntries: (entries: readonly LdapEntry[]) => Promise<void>,
  ): Promise<{ more: boolean; cookie: Buffer }> {
    const stream = this.#main.search({
      base: this.namingContext,
      scope: 'sub',
      filter: request.filter,
      attributes: request.attributes,
      controls: [dirSyncControl(request.cookie), extendedDnControl()],
      operation: 'DirSync',
    });
    for await (const entries of stream.batches()) await onEntries(entries);
    const answer = stream.controls.get(controlOids.dirSync);
    if (answer === undefined)
      throw new SyncError('LDAP_REFUSED', 'the domain controller answered DirSync without a cookie');
    return readDirSyncAnswer(answer);
  }

  /**
   * With which code a cookie is refused is written nowhere, and one that is refused for good would be waited for in vain.
   * So where the code does not tell, it is tried: refused once more with the cookie, answered without it.
   */
  async #isCookieAtFault(error: unknown, { cookie }: DirSyncRequest): Promise<boolean> {
    const code = resultCodeOf(error);
    if (cookieRefusals.has(code)) return true;
    if (code === undefined || !isRefusal(error)) return false;
    const tryWith = (some: Buffer): Promise<boolean> =>
      this.#dirSync({ filter: nothingFilter(), attributes: ['name'], cookie: some }, () =>
        Promise.resolve(),
      ).then(
        () => true,
        (failure: unknown) => {
          if (isRefusal(failure)) return false;
          throw failure;
        },
      );
    return !(await tryWith(cookie)) && (await tryWith(Buffer.alloc(0)));
  }

  /** One page of a search, as an exclusive read of its own. */
  page(request: PageRequest, cookie: Buffer): Promise<EntryPage> {
    return this.exclusive(async () => {
      const version = this.draw();
      const stream = this.#main.search({
        base: request.base ?? this.namingContext,
        scope: 'sub',
        filter: request.filter,
        attributes: request.attributes,
        controls: [extendedDnControl(), pagingControl(request.size, cookie)],
        operation: 'a paged search',
      });
      const entries: LdapEntry[] = [];
      for await (const batch of stream.batches()) entries.push(...batch);
      const answer = stream.controls.get(controlOids.paging);
      return { version, entries, cookie: answer === undefined ? Buffer.alloc(0) : readPagingAnswer(answer) };
    });
  }

  /** All pages. While one is looked at, the next is on its way: whatever else is to be read gets its turn in between. */
  async *pages(request: PageRequest): AsyncGenerator<EntryPage, void> {
    let next: Promise<EntryPage> | null = this.page(request, Buffer.alloc(0));
    while (next !== null) {
      const page: EntryPage = await next;
      next = page.cookie.length > 0 ? this.page(request, page.cookie) : null;
      // Nobody waits for it when the reading is given up.
      next?.catch(() => undefined);
      yield page;
    }
  }

  /** One object by key, deleted ones too; inside `exclusive`. */
  object(key: string, attributes: readonly string[]): Promise<LdapEntry | undefined> {
    return readObject(this.#main, guidBase(key), attributes, {
      filter: anyObject,
      controls: [extendedDnControl(), showDeletedControl()],
    });
  }

  /** One object by name or `<GUID=…>`, to understand something; carries no version. */
  lookUp(base: string, attributes: readonly string[]): Promise<LdapEntry | undefined> {
    return readObject(this.#side, base, attributes, { filter: anyObject, controls: [extendedDnControl()] });
  }

  /**
   * Whether deletions can be seen. Everybody sees the container of tombstones, its attributes only who may read it; who may
   * not is not told so anywhere (measured on Samba 4.17).
   */
  async showsDeletions(): Promise<boolean> {
    const name = `CN=Deleted Objects,${this.namingContext}`;
    const container = await readObject(this.#side, name, ['isDeleted'], { controls: [showDeletedControl()] });
    return container !== undefined && textOf(container, 'isdeleted') !== undefined;
  }

  upToDateVector(): Promise<ReadonlyMap<string, bigint> | null> {
    return readUpToDateVector(this.#side, this.namingContext);
  }

  /** The objects that were changed last on this domain controller, the latest first; deleted ones too. */
  async latestChanges(): Promise<readonly { key: string; usn: bigint }[]> {
    const highest = await this.highestUsn();
    // Mostly it is among the last few numbers; where another naming context was busy since, further back.
    for (let span = 64n; ; span *= 16n) {
      const from = highest > span ? highest - span : 1n;
      const found: { key: string; usn: bigint }[] = [];
      const take = (entry: LdapEntry): void => {
        const { key } = parseExtendedDn(entry.dn);
        if (key !== null) found.push({ key, usn: BigInt(textOf(entry, 'usnchanged') ?? '0') });
      };
      await this.scan(changedSinceFilter(from), ['uSNChanged'], take, [showDeletedControl()]);
      if (found.length > 0 || from === 1n) return found.sort((a, b) => Number(b.usn - a.usn));
    }
  }

  highestUsn(): Promise<bigint> {
    return readHighestUsn(this.#side);
  }

  /**
   * AD sends 1,500 values of an attribute at most: the entry with the rest of those in `names` (lower case). Links with
   * that many values have their own way. The rest is read later than the entry, so it is no older than its version.
   */
  async withAllValues(entry: LdapEntry, names: { has(name: string): boolean }): Promise<LdapEntry> {
    const isCut = ({ name, range }: LdapAttribute): boolean =>
      range !== null && range.to !== null && names.has(name);
    if (!entry.attributes.some(isCut)) return entry;
    const { key } = parseExtendedDn(entry.dn);
    const attributes: LdapAttribute[] = [];
    for (const attribute of entry.attributes) {
      if (key !== null && isCut(attribute)) attributes.push(await this.#whole(key, attribute));
      // AD names the attribute once more, without values.
      else if (
        attribute.values.length > 0 ||
        !entry.attributes.some((one) => one.name === attribute.name && isCut(one))
      )
        attributes.push(attribute);
    }
    return { dn: entry.dn, attributes };
  }

  async #whole(key: string, first: LdapAttribute): Promise<LdapAttribute> {
    const values = [...first.values];
    for (let to = first.range?.to ?? null; to !== null;) {
      const entry = await this.lookUp(guidBase(key), [`${first.name};range=${to + 1}-*`]);
      const next = entry === undefined ? undefined : attributeOf(entry, first.name);
      values.push(...(next?.values ?? []));
      to = next === undefined || next.values.length === 0 ? null : (next.range?.to ?? null);
    }
    return { name: first.name, range: null, values };
  }

  /** Entries of a small search, to understand something. */
  async find(filter: Filter, attributes: readonly string[]): Promise<readonly LdapEntry[]> {
    const found: LdapEntry[] = [];
    await this.scan(filter, attributes, (entry) => found.push(entry));
    return found;
  }

  /** Entries of a search that may bring many, one by one, to understand something. */
  async scan(
    filter: Filter,
    attributes: readonly string[],
    onEntry: (entry: LdapEntry) => void,
    controls: readonly Control[] = [],
  ): Promise<void> {
    let cookie: Buffer = Buffer.alloc(0);
    do {
      const parameters: SearchParameters = {
        base: this.namingContext,
        scope: 'sub',
        filter,
        attributes,
        controls: [extendedDnControl(), pagingControl(1_000, cookie), ...controls],
        operation: 'a look-up',
      };
      const stream = this.#side.search(parameters);
      for await (const batch of stream.batches()) for (const entry of batch) onEntry(entry);
      const answer = stream.controls.get(controlOids.paging);
      cookie = answer === undefined ? Buffer.alloc(0) : readPagingAnswer(answer);
    } while (cookie.length > 0);
  }
}

export interface PageRequest {
  readonly base?: string;
  readonly filter: Filter;
  readonly attributes: readonly string[];
  readonly size: number;
}

function isRefusal(error: unknown): boolean {
  return error instanceof SyncError && error.code === 'LDAP_REFUSED';
}

export function guidBase(key: string): string {
  return `<GUID=${guidTextFromKey(key)}>`;
}
