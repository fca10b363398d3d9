import {
  criticalGroupFilter,
  primaryGroupFilter,
  sidFilter,
} from '../../shared/adapters/active-directory/filters.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import { attributeOf, bytesOf, textOf } from '../../shared/adapters/active-directory/ldap-entry.ts';
import type { CaptureNeeds } from './capture-needs.ts';
import { guidBase, type DirectoryReader } from './directory-reader.ts';

/** With more removed values than this, all accounts of the primary group are listed instead of looking up each value. */
const lookUpsMax = 10;

/**
 * Membership through primaryGroupID, which AD does not list in `member`: making a group primary even takes the value
 * out of `member`. Also knows the groups AD itself depends on, whose members nobody synchronizes.
 */
export class PrimaryGroups {
  readonly #reader: DirectoryReader;
  readonly #needs: CaptureNeeds;
  readonly #domainSid: Buffer;
  readonly #critical = new Set<string>();
  readonly #keyByRid = new Map<number, string | null>();

  private constructor(reader: DirectoryReader, needs: CaptureNeeds, domainSid: Buffer) {
    this.#reader = reader;
    this.#needs = needs;
    this.#domainSid = domainSid;
  }

  static async load(reader: DirectoryReader, needs: CaptureNeeds): Promise<PrimaryGroups> {
    const head = await reader.lookUp(reader.namingContext, ['objectSid']);
    const sid = (head === undefined ? undefined : bytesOf(head, 'objectsid')) ?? Buffer.alloc(0);
    const groups = new PrimaryGroups(reader, needs, sid);
    for (const entry of await reader.find(criticalGroupFilter(), ['1.1'])) {
      const { key } = parseExtendedDn(entry.dn);
      if (key !== null) groups.#critical.add(key);
    }
    return groups;
  }

  setCritical(key: string, isCritical: boolean): void {
    if (isCritical) this.#critical.add(key);
    else this.#critical.delete(key);
  }

  /** Whether values of this group's links are sent. */
  isSent(groupKey: string): boolean {
    return !this.#needs.configure.skipCritical || !this.#critical.has(groupKey);
  }

  /** Key of the group to which an account belongs by this RID; null where that is not reported. */
  async groupOf(rid: number): Promise<string | null> {
    if (!this.#needs.configure.primaryGroup || this.#domainSid.length === 0) return null;
    const known = this.#keyByRid.get(rid);
    const key = known === undefined ? await this.#resolve(rid) : known;
    return key !== null && this.isSent(key) ? key : null;
  }

  /**
   * Members by primaryGroupID of these groups, by the group's SID. Asked anew each time, for a page of groups at once:
   * what is remembered could be a poll old, and the list would be closed without them. Whoever comes or goes after the
   * list's own reading is reported by the next poll.
   */
  async hiddenMembers(groupSids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const members = new Map<string, string[]>();
    const sidByRid = new Map<number, string>();
    for (const sid of groupSids) {
      const rid = this.#ridOf(sid);
      if (rid !== null) sidByRid.set(rid, sid);
    }
    if (sidByRid.size === 0 || !this.#needs.configure.primaryGroup) return members;
    await this.#reader.scan(primaryGroupFilter([...sidByRid.keys()]), ['primaryGroupID'], (entry) => {
      const sid = sidByRid.get(Number(textOf(entry, 'primarygroupid')));
      const { key } = parseExtendedDn(entry.dn);
      if (sid === undefined || key === null) return;
      const known = members.get(sid);
      if (known === undefined) members.set(sid, [key]);
      else known.push(key);
    });
    return members;
  }

  /** Of these removed values, those that are members still, because the group has become their primary group. */
  async stillMembers(groupSid: string | null, removed: readonly string[]): Promise<ReadonlySet<string>> {
    const still = new Set<string>();
    const rid = this.#ridOf(groupSid);
    if (removed.length === 0 || rid === null || !this.#needs.configure.primaryGroup) return still;
    // Asked for every group, also for one that was nobody's primary group so far: the account that says otherwise may come
    // later in the same answer, and two facts of one version are settled by whichever arrives first.
    if (removed.length <= lookUpsMax) {
      for (const key of removed) {
        const entry = await this.#reader.lookUp(guidBase(key), ['primaryGroupID']);
        if (entry !== undefined && Number(textOf(entry, 'primarygroupid')) === rid) still.add(key);
      }
      return still;
    }
    const gone = new Set(removed);
    await this.#reader.scan(primaryGroupFilter([rid]), ['1.1'], (entry) => {
      const { key } = parseExtendedDn(entry.dn);
      if (key !== null && gone.has(key)) still.add(key);
    });
    return still;
  }

  async #resolve(rid: number): Promise<string | null> {
    const [entry] = await this.#reader.find(sidFilter(sidWith(this.#domainSid, rid)), [
      'isCriticalSystemObject',
    ]);
    const key = entry === undefined ? null : parseExtendedDn(entry.dn).key;
    // A group that is not there (yet) is asked for again.
    if (key === null) return null;
    this.#keyByRid.set(rid, key);
    if (entry !== undefined && attributeOf(entry, 'iscriticalsystemobject')?.values[0]?.toString() === 'TRUE')
      this.#critical.add(key);
    return key;
  }

  /** Only groups of this domain can be primary; a built-in group may have the same last number. */
  #ridOf(sid: string | null): number | null {
    if (sid === null || this.#domainSid.length === 0) return null;
    const end = sid.lastIndexOf('-');
    return sid.slice(0, end) === sidText(this.#domainSid) ? Number(sid.slice(end + 1)) : null;
  }
}

/** SID of a member of the domain: one more sub-authority (MS-DTYP 2.4.2.2). */
function sidWith(domainSid: Buffer, rid: number): Buffer {
  const sid = Buffer.alloc(domainSid.length + 4);
  domainSid.copy(sid);
  sid.writeUInt8(domainSid.readUInt8(1) + 1, 1);
  sid.writeUInt32LE(rid, domainSid.length);
  return sid;
}

function sidText(sid: Buffer): string {
  const parts: number[] = [];
  for (let at = 8; at + 4 <= sid.length; at += 4) parts.push(sid.readUInt32LE(at));
  return ['S', sid.readUInt8(0), sid.readUIntBE(2, 6), ...parts].join('-');
}
