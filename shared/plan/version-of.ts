import type { StagedObject } from '../model/staged-object.ts';
import { formatVersion } from '../model/version.ts';

/** Version of the source fact that a reason rests on: of an attribute, else of the object itself. */
export function versionOf(staged: StagedObject, attribute: string | null): string | null {
  const version =
    (attribute === null ? undefined : staged.attributes[attribute]?.version) ??
    staged.life?.version ??
    staged.base;
  return version === null ? null : formatVersion(version);
}
