import { normalizeDn, parentDn, splitDn } from '../../shared/model/dn.ts';

interface Container {
  readonly rdn: string;
  readonly parent: string | null;
}

/**
 * The containers of one naming context by key. Names hang on the parent's key, so renaming an organizational unit is
 * one step however much lies below it. It is the only part of a directory that the agent keeps in memory.
 */
export class ContainerTree {
  readonly headKey: string;
  readonly #headDn: string;
  readonly #containers = new Map<string, Container>();
  readonly #byName = new Map<string, string>();
  /** Parent name as entries spell it → ancestors; entries come by the thousand from the same few containers. */
  readonly #ancestorsByDn = new Map<string, readonly string[]>();

  constructor(headKey: string, headDn: string) {
    this.headKey = headKey;
    this.#headDn = normalizeDn(headDn);
    this.#containers.set(headKey, { rdn: '', parent: null });
  }

  get size(): number {
    return this.#containers.size;
  }

  has(key: string): boolean {
    return this.#containers.has(key);
  }

  /** Adds, renames or moves. @returns false when the parent is not known (yet). */
  put(key: string, dn: string): boolean {
    if (key === this.headKey) return true;
    const parent = this.keyOf(parentDn(dn));
    if (parent === null || this.#isBelow(parent, key)) return false;
    this.remove(key);
    const rdn = normalizeDn(splitDn(dn)[0] ?? '');
    this.#containers.set(key, { rdn, parent });
    this.#byName.set(`${parent}|${rdn}`, key);
    return true;
  }

  /** What lies below stays where it is: deleting or moving it is reported by itself. */
  remove(key: string): void {
    this.#ancestorsByDn.clear();
    const known = this.#containers.get(key);
    if (known?.parent === undefined || known.parent === null) return;
    this.#containers.delete(key);
    const name = `${known.parent}|${known.rdn}`;
    if (this.#byName.get(name) === key) this.#byName.delete(name);
  }

  keyOf(dn: string): string | null {
    const normalized = normalizeDn(dn);
    if (normalized === this.#headDn) return this.headKey;
    if (!normalized.endsWith(`,${this.#headDn}`)) return null;
    const rdns = splitDn(normalized.slice(0, -this.#headDn.length - 1));
    let key: string | undefined = this.headKey;
    for (let i = rdns.length - 1; i >= 0 && key !== undefined; i -= 1)
      key = this.#byName.get(`${key}|${rdns[i] ?? ''}`);
    return key ?? null;
  }

  /** Containers of an object with this name, from its parent to the head; null when one of them is not known. */
  ancestorsOf(dn: string): readonly string[] | null {
    const parent = parentDn(dn);
    const known = this.#ancestorsByDn.get(parent);
    if (known !== undefined) return known;
    const container = this.keyOf(parent);
    const ancestors = container === null ? null : this.chainOf(container);
    if (ancestors === null) return null;
    this.#ancestorsByDn.set(parent, ancestors);
    return ancestors;
  }

  /** The container with this key and those above it, to the head; null when one of them is not known. */
  chainOf(container: string): readonly string[] | null {
    const chain: string[] = [];
    for (let key: string | null = container; key !== null; key = this.#containers.get(key)?.parent ?? null)
      chain.push(key);
    return chain.at(-1) === this.headKey ? chain : null;
  }

  #isBelow(key: string, ancestor: string): boolean {
    for (let at: string | null = key; at !== null; at = this.#containers.get(at)?.parent ?? null) {
      if (at === ancestor) return true;
    }
    return false;
  }
}
