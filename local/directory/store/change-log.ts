import type { DirectoryObject } from './directory-object.ts';

interface ChangeEntry {
  usn: number;
  readonly object: DirectoryObject;
}

const COMPACT_AT = 1024;

/**
 * Objects of one naming context in the order of their uSNChanged, so that a poll costs what has changed since, not
 * what exists. An object that changes again is appended; its earlier entry is passed over and cleaned up later.
 */
export class ChangeLog {
  #entries: ChangeEntry[] = [];
  readonly #current = new Map<DirectoryObject, ChangeEntry>();

  record(object: DirectoryObject, usn: number): void {
    const entry = { usn, object };
    this.#entries.push(entry);
    this.#current.set(object, entry);
    if (this.#entries.length > COMPACT_AT && this.#entries.length > 2 * this.#current.size) {
      this.#entries = this.#entries.filter((one) => this.#current.get(one.object) === one);
    }
  }

  *since(usn: number): Generator<DirectoryObject> {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.usn ?? 0) > usn) high = middle;
      else low = middle + 1;
    }
    for (let index = low; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (entry !== undefined && this.#current.get(entry.object) === entry) yield entry.object;
    }
  }

  /** After a rollback nothing is newer than `usn`: what was, takes its place at the end of the past. */
  lowerTo(usn: number): void {
    for (const entry of this.#entries) entry.usn = Math.min(entry.usn, usn);
  }
}
