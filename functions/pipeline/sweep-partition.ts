import type { Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { lookAhead } from './run-slice.ts';
import { ensureWork, loadWork } from './work.ts';

/** Gives a partition a turn where something is due that no message reminds of, or where rules or mode are others now. */
export async function sweepPartition(pipeline: Pipeline, place: Place, generation: number): Promise<void> {
  const [work, { due }] = await Promise.all([loadWork(pipeline, place), lookAhead(pipeline, place)]);
  const isBehind =
    work !== null &&
    (work.value.observed < generation || work.value.mode !== pipeline.mode || work.value.walk !== null);
  const [first] = due;
  if (first === undefined && !isBehind) return;
  await ensureWork(pipeline, place, {
    at: pipeline.clock.now(),
    rank: first?.rank ?? '2',
    by: 'sweep',
    generation,
  });
}
