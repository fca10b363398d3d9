import { isVanished } from '../fold/fold-reading.ts';
import type { Projection } from '../rules/projection.ts';
import type { Sync } from '../rules/rule-set.ts';
import { findSync, projectObject, type JudgedRecord, type ResolvedRules } from './project-object.ts';

type Of<K extends Projection['kind']> = Extract<Projection, { kind: K }>;

/** What rules want of an object, before anything else is read. */
export type Judgement =
  /** Nothing is left to do with it. */
  | { readonly kind: 'nothing' }
  /** Its cloud object is left as it is: no sync wants its class any more. */
  | { readonly kind: 'no-rules' }
  /** Only fragments of it have been read. */
  | { readonly kind: 'no-base' }
  /** Deleted at its source, or nowhere to be found there. */
  | { readonly kind: 'gone'; readonly sync: Sync; readonly isDeleted: boolean }
  | { readonly kind: 'waiting'; readonly sync: Sync; readonly projection: Of<'waiting'> }
  | { readonly kind: 'failed'; readonly sync: Sync; readonly projection: Of<'failed'> }
  /** The anchor differs from the one the link was made with, which is never followed. */
  | { readonly kind: 'other-anchor'; readonly sync: Sync }
  | { readonly kind: 'projected'; readonly sync: Sync; readonly projection: Of<'in' | 'out'> };

/**
 * Which way an object goes under some rules. The function app asks it about the rules in force, `plan` about those it is
 * given, so that both go the same way.
 */
export function judgeObject(
  rules: ResolvedRules,
  connector: string,
  record: JudgedRecord,
  now: number,
): Judgement {
  const { staged, link } = record;
  const isDeleted = staged.life?.isDeleted === true;
  const isLive = link?.state === 'live';
  if (isDeleted && !isLive) return { kind: 'nothing' };
  if (!isDeleted && staged.base === null) return { kind: 'no-base' };
  const sync = findSync(rules, connector, record, isDeleted);
  if (sync === null) return { kind: isLive ? 'no-rules' : 'nothing' };
  if (isDeleted || (isVanished(staged) && isLive)) return { kind: 'gone', sync, isDeleted };
  const projection = projectObject(rules, connector, sync, record, now);
  if (projection.kind === 'waiting') return { kind: 'waiting', sync, projection };
  if (projection.kind === 'failed') return { kind: 'failed', sync, projection };
  const isOtherAnchor =
    projection.kind === 'in' && link !== null && link.anchor !== '' && link.anchor !== projection.anchor;
  return isOtherAnchor ? { kind: 'other-anchor', sync } : { kind: 'projected', sync, projection };
}
