import { DirSyncControl, ExtendedDnControl } from './controls.ts';
import type { EntryStream, SentEntry } from './entry-stream.ts';

export interface DirSyncOptions {
  readonly cookie?: Buffer;
  readonly flags?: number;
  readonly bytesMax?: number;
  readonly filter?: string;
  /** None given: all that replicate. */
  readonly attributes?: readonly string[];
  readonly isExtendedDn?: boolean;
}

export interface DirSyncAnswer {
  readonly entries: readonly SentEntry[];
  readonly cookie: Buffer;
  readonly pageCount: number;
}

/** Matches no object in any directory: the way to a cookie of now without reading everything. */
export const matchesNothing = '(objectClass=nobodyHasThisClass)';

/**
 * Reads all changes since the cookie, page by page.
 * @throws with the server's result code and text when it refuses.
 */
export async function dirSync(
  stream: EntryStream,
  base: string,
  options: DirSyncOptions = {},
): Promise<DirSyncAnswer> {
  const { flags = 0, bytesMax = 0x7fff_ffff, filter = '(objectClass=*)', attributes = [] } = options;
  const entries: SentEntry[] = [];
  let cookie = options.cookie ?? Buffer.alloc(0);
  for (let pageCount = 1; ; pageCount += 1) {
    const control = new DirSyncControl(cookie, flags, bytesMax);
    const controls = options.isExtendedDn === true ? [control, new ExtendedDnControl()] : [control];
    const onEntry = (entry: SentEntry) => entries.push(entry);
    const { code, message } = await stream.search({ base, filter, attributes, controls, onEntry });
    if (code !== 0) throw Object.assign(new Error(message), { code });
    cookie = control.cookie;
    if (!control.hasMore) return { entries, cookie, pageCount };
  }
}
