import { isVanished } from '../../shared/fold/fold-reading.ts';
import type { Link } from '../../shared/model/link.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { findSync, projectObject } from '../../shared/plan/project-object.ts';
import type { LeaveRule } from '../../shared/rules/rule-set.ts';
import {
  nameId,
  namesOf,
  type NameClaim,
  type SourceId,
  type UniqueName,
} from '../../shared/state/name-claim.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { loadObjects } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import type { RulesInForce } from './rules-source.ts';

/** Who looks at names, and by which rules. */
export interface NameLook {
  readonly pipeline: Pipeline;
  readonly inForce: RulesInForce;
  /** The cloud connector: names are unique within it. */
  readonly space: string;
  readonly self: SourceId;
  readonly link: Link | null;
}

/** How the object that a claim names stands to the name. */
export type Standing =
  | { readonly kind: 'free' }
  /** Perhaps being written at this moment; known by `until` (epoch ms). */
  | { readonly kind: 'open'; readonly until: number }
  /** Holds it; its rules give it another. */
  | { readonly kind: 'moves'; readonly to: string }
  /** Holds it; has left, and is deleted in the cloud at that time (epoch ms), or never. */
  | { readonly kind: 'leaves'; readonly deleteAt: number | null }
  | { readonly kind: 'stays' };

/** An attempt that has run out is looked into by its own object's next turn; until then it is asked after so often. */
const openMs = 5_000;

/** Read from the holder's own row: the claim may be older than what became of it. */
export async function standingOf(look: NameLook, claim: NameClaim, name: UniqueName): Promise<Standing> {
  const { pipeline } = look;
  const place = { connector: claim.connector, partition: partitionOf(claim.connector, claim.key) };
  const loaded = (await loadObjects(pipeline.tables, place, [claim.key])).get(claim.key);
  const now = pipeline.clock.now();
  const record = loaded?.value ?? null;
  if (record !== null && namesOf(record.link).includes(nameId(name)))
    return intentOf(look, claim.connector, record, name);
  const { attempt } = record ?? {};
  if (attempt?.names?.includes(nameId(name)) === true)
    return { kind: 'open', until: Math.max(attempt.until, now + openMs) };
  return claim.until > now ? { kind: 'open', until: claim.until } : { kind: 'free' };
}

/** What the rules will do to an object that holds a name. What cannot be told yet stays as it is. */
function intentOf(look: NameLook, connector: string, record: ObjectRecord, name: UniqueName): Standing {
  const { inForce, pipeline } = look;
  const { staged, link } = record;
  const now = pipeline.clock.now();
  const isDeleted = staged.life?.isDeleted === true;
  const sync = findSync(inForce, connector, record, isDeleted);
  if (sync === null) return { kind: 'stays' };
  if (isDeleted) return leaving(sync.lifecycle.deleted, 'deleted', link, now);
  if (isVanished(staged) || staged.base === null) return { kind: 'stays' };
  const projection = projectObject(inForce, connector, sync, record, now);
  if (projection.kind === 'out') return leaving(sync.lifecycle.leftScope, 'left-scope', link, now);
  const wanted = projection.kind === 'in' ? projection.values[name.property] : undefined;
  if (typeof wanted !== 'string' || nameId({ ...name, value: wanted }) === nameId(name))
    return { kind: 'stays' };
  return { kind: 'moves', to: wanted };
}

function leaving(rule: LeaveRule, cause: 'deleted' | 'left-scope', link: Link | null, now: number): Standing {
  const since = link?.leaving?.cause === cause ? link.leaving.since : now;
  const deleteAt = rule.deleteAfterMs === null ? null : since + rule.deleteAfterMs;
  return { kind: 'leaves', deleteAt: rule.action === 'keep' ? null : deleteAt };
}
