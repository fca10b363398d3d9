import { createHash } from 'node:crypto';
import { canonical } from '../../shared/plan/operation.ts';
import type { PlanFile } from '../plan/plan-file.ts';

/** Names a plan with all that it binds: the same file has the same id wherever it is applied from, a changed one another. */
export function planId({
  rules,
  base,
  at,
  operations,
}: Pick<PlanFile, 'rules' | 'base' | 'at' | 'operations'>): string {
  const hashes = operations.map(({ hash }) => hash).sort();
  const subject = canonical([rules.hash, base?.revision ?? null, at, hashes]);
  return createHash('sha256').update(subject).digest('hex').slice(0, 20);
}
