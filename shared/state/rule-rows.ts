import type { RuleFile } from '../rules/compile-rules.ts';
import type { AppliedPlan } from './applied-plan.ts';

/** Row of table Rules, PartitionKey `rules`: `latest` names the revision in force; `r|NNNNNNNN` holds one. */
export interface StoredRevision {
  readonly revision: number;
  readonly hash: string;
  readonly files: readonly RuleFile[];
  readonly publishedAt: number;
  readonly publishedBy: string;
}

/** Row `latest`. */
export interface LatestRevision {
  readonly revision: number;
  readonly hash: string;
  /** Grows with each publication and each answer about containers: whoever holds an older one has to read again. */
  readonly generation: number;
  /** Absent: published without a plan, so that everything the rules come to is written. */
  readonly apply?: AppliedPlan;
}

/** Row `c|connector|NNNNNNNN`: containers as the agent of that connector resolved them. */
export interface StoredContainers {
  readonly containers: readonly { readonly dn: string; readonly key: string | null }[];
}

export const rulesPartition = 'rules';
export const latestRowKey = 'latest';
const padded = (revision: number): string => String(revision).padStart(8, '0');
export const revisionRowKey = (revision: number): string => `r|${padded(revision)}`;
export const containersRowKey = (connector: string, revision: number): string =>
  `c|${connector}|${padded(revision)}`;
