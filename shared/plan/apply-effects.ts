import { lagMs, type CloudClass, type Link } from '../model/link.ts';
import type { Effect } from './settlement.ts';

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
      return link === null ? null : withValues(link, effect.values);
    case 'sessions':
      return link === null ? null : withSessions(link, effect.areOwed);
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
    ...(effect.isNew ? {} : { isFound: true }),
  };
}

function withValues({ isFound: _isFound, ...link }: Link, values: Link['applied']): Link {
  return { ...link, applied: { ...link.applied, ...values } };
}

function withSessions({ owesRevocation: _owes, ...link }: Link, areOwed: boolean): Link {
  return areOwed ? { ...link, owesRevocation: true } : link;
}

function withReference(
  references: Link['appliedReferences'],
  name: string,
  cloudId: string | null,
): Link['appliedReferences'] {
  const { [name]: _before, ...others } = references;
  return cloudId === null ? others : { ...others, [name]: cloudId };
}
