import { createdWindowFilter } from '../../shared/adapters/active-directory/filters.ts';
import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { ListComplete } from '../../shared/contracts/reading.v1.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { hiddenAttributes, tellHidden } from './always-there.ts';
import { changeHeader, type CaptureContext } from './capture-context.ts';
import type { EntryPage } from './directory-reader.ts';
import type { ImportRun } from './import-run.ts';
import { readEntry } from './read-entry.ts';
import { hiddenMembersOf, publishLongList, readWhole, wholeAttributes } from './whole-reading.ts';

const pageSize = 200;
/** Pages whose messages are on their way while the next is read. */
const pagesUnderWay = 3;

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
 * @returns how many objects it brought, by partition; null when it holds too many.
 */
export async function readWindow(
  context: CaptureContext,
  connector: string,
  run: ImportRun,
  window: ImportWindow,
): Promise<WindowCounts | null> {
  const { reader, needs, signal } = context;
  const request = {
    filter: createdWindowFilter(needs.configure.classes, window.from, window.to),
    attributes: run.attributes === null ? wholeAttributes(context) : [...run.attributes, 'objectClass'],
    size: pageSize,
  };
  const long: LongList[] = [];
  const counts: Record<string, number> = {};
  const underWay = new Set<Promise<void>>();
  let found = 0;
  try {
    for await (const page of reader.pages(request)) {
      signal.throwIfAborted();
      const understood = await understandPage(context, run, page);
      found += understood.changes.length;
      if (found > window.objectsMax) return null;
      countInto(counts, connector, understood.changes);
      long.push(...understood.long);
      const sending: Promise<void> = publishPage(context, run, page, understood).then(
        () => void underWay.delete(sending),
      );
      // A failed one stays in the set, so that the waits below find it.
      sending.catch(() => undefined);
      underWay.add(sending);
      if (underWay.size >= pagesUnderWay) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    // Nothing may be on its way when a clean stop closes the connection.
    await Promise.allSettled(underWay);
  }
  for (const { link, ...group } of long) await publishLongList(context, group, link, 'bulk');
  return counts;
}

function countInto(
  counts: Record<string, number>,
  connector: string,
  changes: readonly ObjectChange[],
): void {
  for (const { key } of changes) {
    const partition = partitionOf(connector, key);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
}

async function understandPage(
  context: CaptureContext,
  run: ImportRun,
  { version, entries }: EntryPage,
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

async function publishPage(
  context: CaptureContext,
  run: ImportRun,
  { version }: EntryPage,
  { changes, closed }: UnderstoodPage,
): Promise<void> {
  const more = run.attributes === null ? { import: run.id } : { asked: [...run.attributes] };
  await context.publisher.changes(changeHeader(context, version, 'bulk', more), changes);
  await context.publisher.listsComplete(closed);
}
