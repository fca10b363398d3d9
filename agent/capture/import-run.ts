import type { ImportContext } from '../lease/lease-state.ts';
import type { CaptureContext } from './capture-context.ts';

/**
 * One import as it was wanted when it began. `configure` and `full-import` may put another in its place while a window
 * is being read: what this one still sends carries its own id, and its place is not written into the new one.
 */
export interface ImportRun {
  readonly id: string;
  /** Only these attributes, of objects that are known already; null: everything. */
  readonly attributes: readonly string[] | null;
}

export function isCurrent({ state }: CaptureContext, run: ImportRun): boolean {
  return state.current.import?.id === run.id;
}

/** Writes how far the import has come, unless another has taken its place. */
export async function storePlace(
  { state }: CaptureContext,
  run: ImportRun,
  place: ImportContext,
): Promise<void> {
  await state.update((before) => {
    if (before.import?.id !== run.id) return before;
    const others = before.import.contexts.filter((one) => one.namingContext !== place.namingContext);
    return { ...before, import: { ...before.import, contexts: [...others, place] } };
  });
}
