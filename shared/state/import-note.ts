import { createHash } from 'node:crypto';

/** Row `i|…` of table Agents, PartitionKey connector: what became of the latest import of one naming context. */
export interface ImportNote {
  readonly import: string;
  readonly namingContext: string;
  /** When the agent had sent all of it (epoch ms). */
  readonly toldAt: number;
  readonly objects: number;
  /** Epoch ms until which it waits for objects that were sent. */
  readonly giveUpAt: number;
  /** Partitions that waited in vain: objects that were sent did not arrive. */
  readonly short: Readonly<Record<string, { readonly expected: number; readonly seen: number }>>;
  /** By partition, objects that it did not show and that were looked for one by one. */
  readonly unseen: Readonly<Record<string, number>>;
  /** It was read since the one before had come short: if it comes short too, a person has to look. */
  readonly isRepetition: boolean;
}

/** A name may hold what no RowKey may. */
export const importNoteRowKey = (namingContext: string): string =>
  `i|${createHash('sha256').update(namingContext.toLowerCase()).digest('hex').slice(0, 16)}`;
export const importNoteRange = { from: 'i|', to: 'i}' } as const;
