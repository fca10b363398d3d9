import type { CloudClass } from '../model/link.ts';

export type TargetType = 'string' | 'boolean' | 'string-collection';

/** A property of a cloud class that rules may write. */
export interface TargetProperty {
  /** As Graph spells it; a dot leads into a complex property. */
  readonly path: string;
  readonly class: CloudClass;
  readonly type: TargetType;
  /** Characters of one value; null where Graph's reference names no limit. */
  readonly maxLength: number | null;
  /** Values of a collection. */
  readonly maxCount: number | null;
  /** Graph refuses null for it, so an empty result is a problem and not a clear. */
  readonly isClearable: boolean;
  /** Graph refuses to create an object without it. */
  readonly isRequired: boolean;
  /** What is wrong with a value beyond type and length; null when nothing is. */
  readonly check: ((value: string) => string | null) | null;
}
