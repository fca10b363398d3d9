import type { CloudClass, Link } from '../model/link.ts';
import type { Effect } from './settle-step.ts';

/** How long a 404 may be replication lag after we made or restored an object. */
const lagMs = 120_000;

export interface LinkContext {
  readonly sync: string;
  readonly cloudClass: CloudClass;
  readonly anchor: string | null;
  readonly now: number;
}

/** The link after what a request did; members have rows of their own. */
export function applyEffect(link: Link | null, effect: Effect, context: LinkContext): Link | null {
  switch (effect.kind) {
    case 'linked':
      return newLink(effect, context);
    case 'unlinked':
      return null;
    case 'values':
      return link === null ? null : { ...link, applied: { ...link.applied, ...effect.values } };
    case 'reference':
      return link === null
        ? null
        : { ...link, appliedReferences: withReference(link.appliedReferences, effect.name, effect.cloudId) };
    case 'restored':
      return link === null
        ? null
        : { ...link, state: 'live', deletedAt: null, leaving: null, lagUntil: context.now + lagMs };
    case 'deleted':
      return link === null ? null : { ...link, state: 'deleted', deletedAt: context.now, lagUntil: null };
    case 'members':
      return link;
  }
}

function newLink(effect: Extract<Effect, { kind: 'linked' }>, context: LinkContext): Link {
  return {
    sync: context.sync,
    cloudId: effect.cloudId,
    cloudClass: context.cloudClass,
    anchor: context.anchor ?? '',
    linkedAt: context.now,
    applied: effect.values,
    appliedReferences: {},
    state: 'live',
    leaving: null,
    deletedAt: null,
    lagUntil: effect.isNew ? context.now + lagMs : null,
  };
}

function withReference(
  references: Link['appliedReferences'],
  name: string,
  cloudId: string | null,
): Link['appliedReferences'] {
  const { [name]: _before, ...others } = references;
  return cloudId === null ? others : { ...others, [name]: cloudId };
}
