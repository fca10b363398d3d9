import {
  criticalGroupFilter,
  otherPrimaryGroupFilter,
  primaryGroupFilter,
  sidFilter,
} from '../../shared/adapters/active-directory/filters.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import { attributeOf, bytesOf, textOf } from '../../shared/adapters/active-directory/ldap-entry.ts';
import type { CaptureNeeds } from './capture-needs.ts';
import { guidBase, type DirectoryReader } from './directory-reader.ts';

/** RIDs of Domain Users, Guests, Computers, Controllers and Read-only Controllers: everybody's usual primary group. */
const usualRids: readonly number[] = [513, 514, 515, 516, 521];

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
  /** RIDs that are somebody's primary group, as far as seen. */
  readonly #used: Set<number>;

  private constructor(reader: DirectoryReader, needs: CaptureNeeds, domainSid: Buffer, used: Set<number>) {
    this.#reader = reader;
    this.#needs = needs;
    this.#domainSid = domainSid;
    this.#used = used;
  }

  static async load(reader: DirectoryReader, needs: CaptureNeeds): Promise<PrimaryGroups> {
    const head = await reader.lookUp(reader.namingContext, ['objectSid']);
    const sid = (head === undefined ? undefined : bytesOf(head, 'objectsid')) ?? Buffer.alloc(0);
    const used = new Set(needs.configure.primaryGroup ? usualRids : []);
    if (needs.configure.primaryGroup && sid.length > 0) {
      await reader.scan(otherPrimaryGroupFilter(usualRids), ['primaryGroupID'], (entry) => {
        const rid = Number(textOf(entry, 'primarygroupid'));
        if (Number.isInteger(rid)) used.add(rid);
      });
    }
    const groups = new PrimaryGroups(reader, needs, sid, used);
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
    this.#used.add(rid);
    const known = this.#keyByRid.get(rid);
    const key = known === undefined ? await this.#resolve(rid) : known;
    return key !== null && this.isSent(key) ? key : null;
  }

  /** Members by primaryGroupID. Whoever comes or goes after the list's own reading is reported by the next poll. */
  async hiddenMembers(groupSid: string | null): Promise<readonly string[]> {
    const rid = this.#ridOf(groupSid);
    if (rid === null || !this.#used.has(rid)) return [];
    const entries = await this.#reader.find(primaryGroupFilter(rid), ['1.1']);
    return entries.flatMap((entry) => parseExtendedDn(entry.dn).key ?? []);
  }

  /** Of these removed values, those that are members still, because the group has become their primary group. */
  async stillMembers(groupSid: string | null, removed: readonly string[]): Promise<ReadonlySet<string>> {
    const still = new Set<string>();
    const rid = this.#ridOf(groupSid);
    if (removed.length === 0 || rid === null || !this.#needs.configure.primaryGroup) return still;
    // Asked for every group, also for one that was nobody's primary group so far: the account that says otherwise may come
    // later in the same answer, and two facts of one version are settled by whichever arrives first.
    if (this.#used.has(rid) && removed.length <= lookUpsMax) {
      for (const key of removed) {
        const entry = await this.#reader.lookUp(guidBase(key), ['primaryGroupID']);
        if (entry !== undefined && Number(textOf(entry, 'primarygroupid')) === rid) still.add(key);
      }
      return still;
    }
    const gone = new Set(removed);
    await this.#reader.scan(primaryGroupFilter(rid), ['1.1'], (entry) => {
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
