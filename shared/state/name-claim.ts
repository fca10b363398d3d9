import { createHash } from 'node:crypto';
import type { Link } from '../model/link.ts';
import { referenceRange, referenceRowKey } from './keys.ts';

/**
 * Properties of a user that Graph refuses when another object has the same value, without regard to case. The nickname
 * of a security group need not be unique (docs/reference/facts.md, F49).
 */
export const uniqueProperties = ['userPrincipalName', 'mailNickname'] as const;
export type UniqueProperty = (typeof uniqueProperties)[number];

export interface UniqueName {
  readonly property: UniqueProperty;
  readonly value: string;
}

export interface SourceId {
  readonly connector: string;
  readonly key: string;
}

/**
 * Row of table Keys: whose object a name is to be looked for at. Whether that object really holds it, its own row says
 * (ADR 0014); only until `until` (epoch ms) does the claim count by itself, since its write is about to begin.
 */
export interface NameClaim extends SourceId {
  readonly until: number;
}

/** A name as attempts carry it. */
export const nameId = ({ property, value }: UniqueName): string => `${property}|${value.toLowerCase()}`;

/** The names a cloud object has, as far as we wrote them. */
export function namesOf(link: Link | null): string[] {
  if (link?.state !== 'live' || link.cloudClass !== 'user') return [];
  return uniqueProperties.flatMap((property) => {
    const value = link.applied[property];
    return typeof value === 'string' ? [nameId({ property, value })] : [];
  });
}

/**
 * Where the claim of a name lies. Names that begin alike share a partition, so that a user's principal name and nickname
 * are mostly claimed in one transaction. Hashed, since a # may not stand in a key. `space` is the cloud connector.
 */
export function nameRow(space: string, name: UniqueName): { partitionKey: string; rowKey: string } {
  const [local = ''] = name.value.toLowerCase().split('@');
  return {
    partitionKey: `name|${digest(`${space}|${local}`).slice(0, 2)}`,
    rowKey: digest(`${space}|${nameId(name)}`).slice(0, 40),
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Row of table References, in the holder's partition: who waits for a name of the holder. */
export const nameWaiterRowKey = (holder: string, waiter: SourceId): string =>
  referenceRowKey(`name.${holder}`, waiter.connector, waiter.key);
export const nameWaiterRange = (holder: string): { from: string; to: string } =>
  referenceRange(`name.${holder}`);

export function parseNameWaiter(rowKey: string): SourceId {
  const [, connector = '', key = ''] = rowKey.split('|');
  return { connector, key };
}
