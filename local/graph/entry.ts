import type { JsonObject } from './json.ts';

export type Kind = 'user' | 'group' | 'device' | 'orgContact' | 'directoryRole';

/** What one read of an object shows, apart from its links. */
export interface View {
  readonly properties: JsonObject;
  readonly managerId: string | undefined;
}

export interface PastView extends View {
  /** Reads show this view until then. */
  readonly until: number;
}

export interface Entry {
  readonly id: string;
  readonly kind: Kind;
  /** Order of creation; what $skiptoken stands on. */
  readonly serial: number;
  /** Member of a restricted management administrative unit: refuses every write of an app. */
  readonly restricted: boolean;
  current: View;
  /** Oldest first; emptied by reading. */
  past: PastView[];
  /** After a create or restore, requests answer 404 until then. */
  visibleAt: number;
  deletedAt: number | undefined;
  /** Reads still show a deleted object until then. */
  deletionShownAt: number;
}

export function isShown(entry: Entry, now: number): boolean {
  if (now < entry.visibleAt) return false;
  return entry.deletedAt === undefined || now < entry.deletionShownAt;
}

export function viewAt(entry: Entry, now: number): View {
  while (entry.past[0] !== undefined && entry.past[0].until <= now) entry.past.shift();
  return entry.past[0] ?? entry.current;
}
