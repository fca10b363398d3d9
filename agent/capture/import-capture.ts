import { createdWindowFilter } from '../../shared/adapters/active-directory/filters.ts';
import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { ImportComplete, ListComplete } from '../../shared/contracts/reading.v1.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { ImportContext } from '../lease/lease-state.ts';
import { changeHeader, type CaptureContext } from './capture-context.ts';
import type { EntryPage } from './directory-reader.ts';
import { publishLongList, readWhole, wholeAttributes } from './whole-reading.ts';

const pageSize = 200;
/** A window should bring about this many objects: large enough to be cheap, small enough to be read again. */
const windowObjects = { min: 200, max: 1_000 } as const;
const firstSpan = 500n;
const widestSpan = 50_000_000n;
/** Pages whose messages are on their way while the next is read. */
const pagesUnderWay = 3;

/**
 * Reads a naming context completely in windows of uSNCreated, which never changes and grows with time: so the place
 * reached is one number, good on this domain controller for ever, and a crash costs one window. What is created after
 * the import began has a higher number and comes by DirSync, which polls between two pages.
 */
export async function runImport(
  context: CaptureContext,
  connector: string,
  onProgress: (sent: number) => void,
): Promise<void> {
  const { signal } = context;
  let place = await beginOrResume(context);
  let span = firstSpan;
  while (!place.isDone) {
    signal.throwIfAborted();
    const from = BigInt(place.position);
    const upper = BigInt(place.upper);
    if (from > upper) {
      await complete(context, place);
      return;
    }
    const end = from + span - 1n;
    const to = end < upper ? end : upper;
    const counts = { ...place.counts };
    const found = await readWindow(context, connector, from, to, counts);
    place = { ...place, position: String(to + 1n), counts };
    await storePlace(context, place);
    onProgress(sentOf(place));
    span = nextSpan(span, found);
  }
}

export function sentOf(place: Pick<ImportContext, 'counts'>): number {
  return Object.values(place.counts).reduce((sum, count) => sum + count, 0);
}

function nextSpan(span: bigint, found: number): bigint {
  if (found > windowObjects.max) return span > 100n ? span / 2n : span;
  if (found >= windowObjects.min) return span;
  const wider = span * (found === 0 ? 4n : 2n);
  return wider < widestSpan ? wider : widestSpan;
}

async function beginOrResume(context: CaptureContext): Promise<ImportContext> {
  const { state, namingContext, facts, reader } = context;
  const known = state.current.import?.contexts.find((one) => one.namingContext === namingContext);
  // uSNCreated is each domain controller's own: on another one the import begins again (under a new id).
  if (known?.invocationId === facts.invocationId) return known;
  const place: ImportContext = {
    namingContext,
    invocationId: facts.invocationId,
    startedAt: reader.draw(),
    upper: String(facts.highestUsn),
    position: '0',
    counts: {},
    isDone: false,
  };
  await storePlace(context, place);
  return place;
}

async function storePlace({ state }: CaptureContext, place: ImportContext): Promise<void> {
  await state.update((before) => {
    if (before.import === null) return before;
    const others = before.import.contexts.filter((one) => one.namingContext !== place.namingContext);
    return { ...before, import: { ...before.import, contexts: [...others, place] } };
  });
}

async function complete(context: CaptureContext, place: ImportContext): Promise<void> {
  const { state, publisher, namingContext, log } = context;
  const id = state.current.import?.id;
  if (id === undefined) return;
  const message: ImportComplete = {
    import: id,
    namingContext,
    startedAt: place.startedAt,
    counts: place.counts,
  };
  await publisher.send([
    { queue: 'changes-bulk', kind: 'import-complete', partition: null, payload: JSON.stringify(message) },
  ]);
  await storePlace(context, { ...place, isDone: true });
  log.info('import complete', { import: id, namingContext, objects: sentOf(place) });
}

/** @returns how many objects it brought; `counts` has them by partition. Throws before anything counts as read. */
async function readWindow(
  context: CaptureContext,
  connector: string,
  from: bigint,
  to: bigint,
  counts: Record<string, number>,
): Promise<number> {
  const { reader, needs, signal } = context;
  const request = {
    filter: createdWindowFilter(needs.configure.classes, from, to),
    attributes: wholeAttributes(context),
    size: pageSize,
  };
  const long: { key: string; sid: string | null; link: string }[] = [];
  const underWay = new Set<Promise<void>>();
  let found = 0;
  try {
    for await (const page of reader.pages(request)) {
      signal.throwIfAborted();
      const { changes, closed } = await understandPage(context, page, long);
      for (const { key } of changes) {
        const partition = partitionOf(connector, key);
        counts[partition] = (counts[partition] ?? 0) + 1;
      }
      found += changes.length;
      const sending: Promise<void> = publishPage(context, page, changes, closed).then(
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
  return found;
}

async function understandPage(
  context: CaptureContext,
  { version, entries }: EntryPage,
  long: { key: string; sid: string | null; link: string }[],
): Promise<{ changes: readonly ObjectChange[]; closed: readonly ListComplete[] }> {
  const changes: ObjectChange[] = [];
  const closed: ListComplete[] = [];
  for (const entry of entries) {
    const whole = await readWhole(context, entry, version, { isAnyClass: false });
    if (whole === null) continue;
    changes.push(whole.change);
    closed.push(...whole.closed);
    for (const link of whole.long) long.push({ key: whole.change.key, sid: whole.sid, link });
  }
  return { changes, closed };
}

async function publishPage(
  context: CaptureContext,
  { version }: EntryPage,
  changes: readonly ObjectChange[],
  closed: readonly ListComplete[],
): Promise<void> {
  const id = context.state.current.import?.id;
  const header = changeHeader(context, version, 'bulk', id === undefined ? {} : { import: id });
  await context.publisher.changes(header, changes);
  await context.publisher.listsComplete(closed);
}
