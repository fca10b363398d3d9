import type { ImportComplete } from '../../shared/contracts/reading.v1.ts';
import type { ImportContext } from '../lease/lease-state.ts';
import type { CaptureContext } from './capture-context.ts';
import { isCurrent, storePlace, type ImportRun } from './import-run.ts';
import { readWindow, type WindowCounts } from './import-window.ts';

/**
 * Objects that a window should bring at most: enough to fill a change set for each of 64 partitions, and no more than a part
 * of what has been sent, so that a crash never costs much of an import. One with three times as many is given up.
 */
const windowObjects = { least: 600, most: 4_000, shareOfSent: 0.25, givenUp: 3 } as const;
const firstSpan = 500n;
const widestSpan = 50_000_000n;

/**
 * Reads a naming context completely in windows of uSNCreated, which never changes and grows with time: so the place
 * reached is one number, good on this domain controller for ever, and a crash costs one window. What is created after
 * the import began has a higher number and comes by DirSync, which polls between two pages.
 */
export async function runImport(context: CaptureContext, onProgress: (sent: number) => void): Promise<void> {
  const { signal, state } = context;
  const wanted = state.current.import;
  if (wanted === null) return;
  const run: ImportRun = { id: wanted.id, attributes: wanted.attributes ?? null };
  let place = await beginOrResume(context, run);
  let span = firstSpan;
  while (!place.isDone && isCurrent(context, run)) {
    signal.throwIfAborted();
    const from = BigInt(place.position);
    const upper = BigInt(place.upper);
    if (from > upper) {
      await complete(context, run, place);
      onProgress(sentOf(place));
      return;
    }
    const end = from + span - 1n;
    const to = end < upper ? end : upper;
    const aim = windowAim(sentOf(place));
    const window = { from, to, objectsMax: aim * windowObjects.givenUp };
    const counts = await readWindow(context, run, window);
    if (counts === null) {
      span = (to - from + 1n) / 8n;
      continue;
    }
    place = { ...place, position: String(to + 1n), counts: sumOf(place.counts, counts) };
    await storePlace(context, run, place);
    onProgress(sentOf(place));
    span = nextSpan(span, sentOf({ counts }), aim);
  }
}

export function sentOf(place: { readonly counts: WindowCounts }): number {
  return Object.values(place.counts).reduce((sum, count) => sum + count, 0);
}

function sumOf(a: WindowCounts, b: WindowCounts): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [partition, count] of Object.entries(b)) sum[partition] = (sum[partition] ?? 0) + count;
  return sum;
}

function windowAim(sent: number): number {
  const { least, most, shareOfSent } = windowObjects;
  return Math.min(most, Math.max(least, Math.floor(sent * shareOfSent)));
}

function nextSpan(span: bigint, found: number, aim: number): bigint {
  if (found > aim) return span > 100n ? span / 2n : span;
  if (found >= aim / 2) return span;
  const wider = span * (found === 0 ? 4n : 2n);
  return wider < widestSpan ? wider : widestSpan;
}

async function beginOrResume(context: CaptureContext, run: ImportRun): Promise<ImportContext> {
  const { state, namingContext, facts, reader } = context;
  const known = state.current.import?.contexts.find((one) => one.namingContext === namingContext);
  // uSNCreated is each domain controller's own: on another one the import begins again (under a new id).
  if (known?.invocationId === facts.invocationId) return known;
  const place: ImportContext = {
    namingContext,
    invocationId: facts.invocationId,
    startedAt: reader.draw(),
    // Read now, after the DirSync cookie was taken: what is created between an earlier number and the cookie would be
    // told by neither.
    upper: String(await reader.highestUsn()),
    position: '0',
    counts: {},
    isDone: false,
  };
  await storePlace(context, run, place);
  // What is hidden still will be met again.
  context.troubles.end('rights/hidden');
  return place;
}

async function complete(context: CaptureContext, run: ImportRun, place: ImportContext): Promise<void> {
  const { publisher, namingContext, log } = context;
  const message: ImportComplete = {
    import: run.id,
    namingContext,
    startedAt: place.startedAt,
    counts: place.counts,
  };
  // A reading of some attributes says nothing about who is there.
  if (run.attributes === null)
    await publisher.send([
      { queue: 'changes-bulk', kind: 'import-complete', partition: null, payload: JSON.stringify(message) },
    ]);
  await storePlace(context, run, { ...place, isDone: true });
  log.info(run.attributes === null ? 'import complete' : 'new attributes read', {
    import: run.id,
    namingContext,
    objects: sentOf(place),
  });
}
