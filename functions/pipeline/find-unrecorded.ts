import { SyncError } from '../../shared/errors/sync-error.ts';
import { lagMs, type Attempt, type Link } from '../../shared/model/link.ts';
import { applyEffect } from '../../shared/plan/apply-effects.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import { requestOf } from '../../shared/plan/request-of.ts';
import { settleStep } from '../../shared/plan/settle-step.ts';
import type { Settlement } from '../../shared/plan/settlement.ts';
import type { Step } from '../../shared/plan/step.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { claimCloudId } from './cloud-id-claims.ts';
import { writeJournal } from './journal.ts';
import type { Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

const answerMsMax = 20_000;
const retryMs = 60_000;

/** What a creation whose outcome nobody wrote down came to. */
export type Unrecorded =
  | { readonly kind: 'found'; readonly link: Link }
  | { readonly kind: 'none' }
  /** Not to be told yet: asked again at `dueAt` (epoch ms). */
  | { readonly kind: 'later'; readonly dueAt: number };

type Creation = NonNullable<Attempt['creation']>;
type Create = Extract<Operation, { kind: 'create' }>;

/**
 * Looks for the cloud object of a source object that left before its creation was recorded. Without this the account
 * would stay, enabled and owned by nobody: what is gone is not created again, so nothing else would meet it.
 */
export async function findUnrecorded(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
): Promise<Unrecorded> {
  const { attempt } = record;
  if (attempt?.creation === undefined) return { kind: 'none' };
  const { creation } = attempt;
  const { key } = record.staged;
  const operation: Create = {
    kind: 'create',
    key,
    cloudClass: creation.cloudClass,
    anchor: creation.anchor,
    values: {},
    reasons: [{ rule: `${creation.sync}.scope`, version: null }],
  };
  const settlement = await lookUp(pipeline, operation);
  const now = pipeline.clock.now();
  if (settlement.kind === 'later') return { kind: 'later', dueAt: now + (settlement.waitMs ?? retryMs) };
  const link = linkOf(settlement, creation, { names: attempt.names, now });
  if (link === null) {
    // A look-up may lag behind what was made at the last moment. What Microsoft's own sync holds was not made by us.
    const surelyAt = attempt.until + lagMs;
    return settlement.kind === 'instead' && now < surelyAt
      ? { kind: 'later', dueAt: surelyAt }
      : { kind: 'none' };
  }
  const isOurs = await claimCloudId(pipeline, link.cloudId, { connector: place.connector, key });
  if (!isOurs) return { kind: 'none' };
  await journalFound(pipeline, place, record, { attempt, operation, link });
  return { kind: 'found', link };
}

async function lookUp(pipeline: Pipeline, operation: Create): Promise<Settlement> {
  const step: Step = { kind: 'find-anchor', operation, conflict: null };
  const request = requestOf(step, '0', { cloudId: null, root: pipeline.graphRoot, newPassword: () => '' });
  const deadline = pipeline.clock.now() + answerMsMax;
  const [answer] = await pipeline.target.send([request], { priority: 'normal', deadline });
  if (answer === undefined) throw new SyncError('GRAPH_GARBAGE', 'an answer is missing for a request');
  return settleStep(step, answer, { lagUntil: null, failures: 0, now: pipeline.clock.now() });
}

/** Made with the names it was to have: others wait for them until it is gone. */
function linkOf(
  settlement: Settlement,
  creation: Creation,
  { names, now }: { readonly names: Attempt['names']; readonly now: number },
): Link | null {
  if (settlement.kind !== 'replan') return null;
  const linked = settlement.effects.find((effect) => effect.kind === 'linked');
  const link = linked === undefined ? null : applyEffect(null, linked, { ...creation, now });
  return link === null ? null : { ...link, applied: Object.fromEntries((names ?? []).map(namePair)) };
}

const namePair = (name: string): [string, string] => {
  const at = name.indexOf('|');
  return [name.slice(0, at), name.slice(at + 1)];
};

async function journalFound(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
  found: { readonly attempt: Attempt; readonly operation: Create; readonly link: Link },
): Promise<void> {
  await writeJournal(pipeline, place, found.attempt.owner, [
    {
      at: pipeline.clock.now(),
      cloudId: found.link.cloudId,
      operation: found.operation,
      outcome: 'success',
      code: null,
      message: 'found by its anchor after an attempt whose outcome was unknown',
      requestId: null,
      revision: record.revision ?? 0,
      durationMs: null,
    },
  ]);
}
