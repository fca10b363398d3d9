import type { JudgedRecord } from './project-object.ts';

/**
 * A target of links that has left for good: deleted in the cloud, where its links go with it, or deleted at the source and
 * disabled since, which went through a budget of its own. A link to it is no loss, so the guard does not count it.
 */
export function isGone({ link, staged }: JudgedRecord): boolean {
  if (link?.state !== 'live') return true;
  const isDeleted = staged.life?.isDeleted === true && staged.doubt === undefined;
  return isDeleted && link.applied['accountEnabled'] === false;
}
