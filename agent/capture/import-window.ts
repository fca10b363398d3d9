import { createdWindowFilter } from '../../shared/adapters/active-directory/filters.ts';
import type { LdapEntry } from '../../shared/adapters/active-directory/ldap-entry.ts';
import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import type { ListComplete } from '../../shared/contracts/reading.v1.ts';
import type { ChangeStream } from '../publish/change-stream.ts';
import { hiddenAttributes, tellHidden } from './always-there.ts';
import { changeHeader, type CaptureContext } from './capture-context.ts';
import type { ImportRun } from './import-run.ts';
import { readEntry } from './read-entry.ts';
import { hiddenMembersOf, publishLongList, readWhole, wholeAttributes } from './whole-reading.ts';

const pageSize = 200;

export interface ImportWindow {
  readonly from: bigint;
  readonly to: bigint;
  /** A window with more objects is given up: it would be too much to read again after a crash. */
  readonly objectsMax: number;
}

export type WindowCounts = Readonly<Record<string, number>>;

interface LongList {
  readonly key: string;
  readonly sid: string | null;
  readonly link: string;
}

interface UnderstoodPage {
  readonly changes: readonly ObjectChange[];
  readonly closed: readonly ListComplete[];
  readonly long: readonly LongList[];
}

/**
 * Reads and publishes one window of uSNCreated. Throws before anything of it counts as read.
 *
 * Its pages are told as one reading, as of the version of the first: sets are filled across pages, which makes a quarter of
 * the messages. Told as older than it is, a page only yields to a poll that went in between, and what changed after that
 * poll is told by the next.
 * @returns how many objects it brought, by partition; null when it holds too many.
 */
export async function readWindow(
  context: CaptureContext,
  run: ImportRun,
  window: ImportWindow,
): Promise<WindowCounts | null> {
  const { reader, needs, signal, publisher } = context;
  const request = {
    filter: createdWindowFilter(needs.configure.classes, window.from, window.to),
    attributes: run.attributes === null ? wholeAttributes(context) : [...run.attributes, 'objectClass'],
    size: pageSize,
  };
  const more = run.attributes === null ? { import: run.id } : { asked: [...run.attributes] };
  const long: LongList[] = [];
  const closed: ListComplete[] = [];
  let stream: ChangeStream | null = null;
  let version: Version | null = null;
  let found = 0;
  try {
    for await (const page of reader.pages(request)) {
      signal.throwIfAborted();
      version ??= page.version;
      stream ??= publisher.stream(changeHeader(context, version, 'bulk', more));
      const understood = await understandPage(context, run, version, page.entries);
      found += understood.changes.length;
      if (found > window.objectsMax) return null;
      long.push(...understood.long);
      closed.push(...understood.closed);
      await stream.put(understood.changes);
    }
    await stream?.end();
    await publisher.listsComplete(closed);
  } finally {
    // Nothing may be on its way when a clean stop closes the connection.
    await stream?.settle();
  }
  for (const { link, ...group } of long) await publishLongList(context, group, link, 'bulk');
  return stream?.counts ?? {};
}

async function understandPage(
  context: CaptureContext,
  run: ImportRun,
  version: Version,
  entries: readonly LdapEntry[],
): Promise<UnderstoodPage> {
  const changes: ObjectChange[] = [];
  const closed: ListComplete[] = [];
  const long: LongList[] = [];
  const hidden =
    run.attributes === null ? await hiddenMembersOf(context, entries) : new Map<string, string[]>();
  for (const found of entries) {
    const entry = await context.reader.withAllValues(found, context.needs.attributes);
    if (run.attributes !== null) {
      const reading = readEntry(entry, context.needs, 'whole');
      if (reading?.class === undefined || !context.needs.classes.has(reading.class?.toLowerCase() ?? ''))
        continue;
      const { attributes: wanted } = run;
      const hiddenHere = hiddenAttributes(context.needs, reading.class, reading);
      const unread = hiddenHere.filter((name) => wanted.includes(name));
      tellHidden(context, reading.key, unread);
      const names = wanted.filter((name) => !unread.includes(name));
      if (names.length > 0) changes.push({ key: reading.key, attributes: pick(reading.attributes, names) });
      continue;
    }
    const whole = await readWhole(context, entry, version, { isAnyClass: false, hidden });
    if (whole === null) continue;
    changes.push(whole.change);
    closed.push(...whole.closed);
    for (const link of whole.long) long.push({ key: whole.change.key, sid: whole.sid, link });
  }
  return { changes, closed, long };
}

/** What has no value is told to be empty: before, nobody had looked. */
function pick(values: ObjectChange['attributes'], names: readonly string[]): ObjectChange['attributes'] {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? []]));
}
