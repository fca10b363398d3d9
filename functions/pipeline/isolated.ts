import { SyncError } from '../../shared/errors/sync-error.ts';
import { errorFields } from '../../shared/telemetry/error-fields.ts';
import { moveIndex } from './index-plan.ts';
import { loadObjects, storeIndexed, type Place } from './object-rows.ts';
import type { DueObject } from './guard-plan.ts';
import type { Pipeline } from './pipeline.ts';
import { quarantine, quarantinePauseMs } from './quarantine.ts';

/** Keys of objects that cannot even be put off: this turn does not look at them again. */
export type StuckObjects = Set<string>;

/**
 * One object's task. What only this object meets goes into its quarantine and leaves the others of its partition alone;
 * an outage, a conflict or a wrong setting is everybody's and goes on up. Null: it failed.
 */
export async function isolated<T>(
  pipeline: Pipeline,
  place: Place,
  one: DueObject,
  stuck: StuckObjects,
  task: () => Promise<T>,
): Promise<T | null> {
  try {
    return await task();
  } catch (error) {
    if (isEverybodys(error)) throw error;
    await putOff(pipeline, place, one, stuck, error);
    return null;
  }
}

export function isEverybodys(error: unknown): boolean {
  return error instanceof SyncError && ['retry', 'retry-after', 'stop'].includes(error.disposition);
}

async function putOff(
  pipeline: Pipeline,
  place: Place,
  one: DueObject,
  stuck: StuckObjects,
  error: unknown,
): Promise<void> {
  const why = failureOf(error);
  pipeline.log.error('an object could not be handled', {
    ...errorFields(error),
    code: why.code,
    key: one.key,
    partition: place.partition,
  });
  stuck.add(one.key);
  try {
    await quarantine(pipeline, place, one.key, why);
    const loaded = (await loadObjects(pipeline.tables, place, [one.key])).get(one.key);
    if (loaded?.value.index !== one.rowKey) return;
    const now = pipeline.clock.now();
    const failure = { count: (loaded.value.failure?.count ?? 0) + 1, code: why.code, at: now };
    const due = now + quarantinePauseMs(failure.count);
    await storeIndexed(
      pipeline,
      place,
      loaded,
      moveIndex({ ...loaded.value, failure }, { rank: one.rank, due }),
    );
  } catch (again) {
    if (isEverybodys(again)) throw again;
  }
}

/** The text of a defect may hold a value of the directory: it stays in the stack of the log, which is redacted. */
export function failureOf(error: unknown) {
  const known = error instanceof SyncError ? error : null;
  const name = error instanceof Error ? error.name : 'unknown';
  return {
    code: known?.code ?? 'INTERNAL',
    message: known?.message ?? `a defect (${name}); the log of the function app has the place`,
    targets: [],
  } as const;
}
