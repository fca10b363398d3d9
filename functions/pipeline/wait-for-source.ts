import type { Projection } from '../../shared/rules/projection.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { rest, type Prepared } from './prepared.ts';

/** A base is usually on its way in the import; only after this time is it asked for. */
const basePatienceMs = 20_000;
const askAgainMsMin = 600_000;
const askAgainMsMax = 6 * 3_600_000;

/** A fragment of an object is not planned: the whole is on its way, or is asked for. */
export function waitForBase(record: ObjectRecord, now: number): Prepared {
  const { staged, refreshAskedAt } = record;
  const isRevived = staged.floor !== null;
  if (refreshAskedAt === null && !isRevived)
    return rest({ ...record, refreshAskedAt: now }, null, now + basePatienceMs);
  return {
    kind: 'rest',
    record: { ...record, refreshAskedAt: now },
    park: 'no-base',
    dueAt: now + askAgainMs(refreshAskedAt, now),
    refresh: { key: staged.key },
  };
}

/** Whoever asked may die before it sends, and the agent may lose the question: it is asked again, more and more rarely. */
function askAgainMs(askedAt: number | null, now: number): number {
  const since = askedAt === null ? 0 : now - askedAt;
  if (since > 2 * askAgainMsMax) return askAgainMsMin;
  return Math.min(askAgainMsMax, Math.max(askAgainMsMin, 2 * since));
}

/** What was never read is asked for; containers are resolved by the agent on its own. */
export function waitForAttributes(
  record: ObjectRecord,
  projection: Extract<Projection, { kind: 'waiting' }>,
  now: number,
): Prepared {
  // Without a revision the walk that follows the agent's answer finds it again.
  if (projection.attributes.length === 0) return rest({ ...record, revision: null }, 'unresolved-scope');
  const attributes = [...projection.attributes];
  const refresh = attributes.includes('dn')
    ? { key: record.staged.key }
    : { key: record.staged.key, attributes };
  return {
    kind: 'rest',
    record: { ...record, refreshAskedAt: now },
    park: 'unknown-attributes',
    dueAt: now + askAgainMs(record.refreshAskedAt, now),
    refresh,
  };
}
