import { settledAt } from '../../shared/model/link.ts';
import type { ResolvedReference } from '../../shared/plan/plan-references.ts';
import { earliest } from '../../shared/rules/earliest.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { resolveTargets, writeReferences } from './resolve-targets.ts';

/**
 * The reference is written down before the target's link is read; see writeReferences. An object that is only being made
 * gets its references in the next turn, when Graph's replicas know it: until then nothing is read or written for them.
 */
export async function resolveReferences(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
  wanted: Readonly<Record<string, string | null>>,
) {
  if (record.link === null) {
    const names = Object.entries(wanted).map(([name, targetKey]) => [name, putOff(targetKey)] as const);
    const isPutOff = names.some(([, reference]) => reference !== null);
    return { record, references: Object.fromEntries(names), ripeAt: null, isPutOff };
  }
  const targets = Object.entries(wanted).flatMap(([name, target]) =>
    target === null ? [] : [{ name, target }],
  );
  const missing = targets.filter(({ name, target }) => record.references[name] !== target);
  await writeReferences(
    pipeline,
    place.connector,
    missing.map(({ name, target }) => ({ target, referrer: record.staged.key, attribute: name })),
  );
  const resolved = await resolveTargets(
    pipeline,
    place.connector,
    targets.map(({ target }) => target),
  );
  const now = pipeline.clock.now();
  const ownAt = settledAt(record.link);
  const references: Record<string, ResolvedReference | null> = {};
  let ripeAt: number | null = null;
  for (const [name, target] of Object.entries(wanted)) {
    const found = target === null ? undefined : resolved.get(target);
    const at = found === undefined ? 0 : Math.max(found.settledAt, ownAt);
    if (at > now) ripeAt = earliest(ripeAt, at);
    const cloudId = found === undefined || at > now ? null : found.cloudId;
    references[name] = target === null ? null : { targetKey: target, cloudId };
  }
  const known =
    missing.length === 0
      ? record.references
      : { ...record.references, ...Object.fromEntries(missing.map(({ name, target }) => [name, target])) };
  return { record: { ...record, references: known }, references, ripeAt, isPutOff: false };
}

const putOff = (targetKey: string | null): ResolvedReference | null =>
  targetKey === null ? null : { targetKey, cloudId: null };
