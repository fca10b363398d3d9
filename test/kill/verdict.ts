import { Cloud, type LogEntry } from '../../local/demo/cloud.ts';
import { expectedPicture } from '../../local/demo/expectation.ts';
import { compare } from '../../local/demo/picture.ts';
import { isWrite } from '../../local/demo/written.ts';
import type { Cast } from './cast.ts';
import type { Company } from './company.ts';
import { backlogOf, readQueues } from './backlog.ts';
import type { ValueOrder } from './value-order.ts';

interface Effects {
  readonly ineffective: number;
  readonly objects: Readonly<Record<string, { readonly properties: Readonly<Record<string, number>> }>>;
}

/** What is different between both sides, each as a line; looked at from outside, without the product. */
export async function differences(cast: Cast, company: Company): Promise<readonly string[]> {
  const expected = expectedPicture(await company.client.readAll(company.base));
  const { picture } = await new Cloud(cast.graphUrl).state();
  return compare(expected, picture).differences.map(
    ({ object, attribute, expected: want, found }) =>
      `${object}, ${attribute}: expected ${want}, found ${found}`,
  );
}

export interface Verdict {
  /** Empty: all is well. */
  readonly failures: readonly string[];
  readonly writes: number;
  readonly ineffective: number;
}

/** All that must hold at the end of a run, once it is quiet. */
export async function judge(cast: Cast, company: Company, order: ValueOrder): Promise<Verdict> {
  const log = await new Cloud(cast.graphUrl).log(0);
  const effects = (await (await fetch(`${cast.graphUrl}/_local/effects`)).json()) as Effects;
  const writes = log.entries.filter(isWrite);
  const failures = [
    ...(await differences(cast, company)),
    ...(await changedTooOften(cast, company, effects)),
    ...inFlightTogether(writes),
    ...order.violations,
    ...(await left(cast)),
    ...cast.deaths,
  ];
  return { failures, writes: writes.length, ineffective: effects.ineffective };
}

/** Properties that a creation does not bring along. */
const whole = new Set(['created', 'deleted', 'restored', 'purged', 'members', 'manager']);

/** By Graph's own count: no property of an object may really have changed more often than it changed in the directory. */
async function changedTooOften(cast: Cast, company: Company, effects: Effects): Promise<readonly string[]> {
  const { ids } = await new Cloud(cast.graphUrl).state();
  const failures: string[] = [];
  const known = new Set<string>();
  for (const key of company.known) {
    const id = ids.get(company.anchorOf(key));
    if (id === undefined) continue;
    known.add(id);
    const allowed = company.allowed(key);
    for (const [property, count] of Object.entries(effects.objects[id]?.properties ?? {})) {
      const most = (allowed.get(property) ?? 0) + (whole.has(property) ? 0 : (allowed.get('created') ?? 0));
      if (count > most)
        failures.push(
          `${company.nameOf(key)}: ${property} really changed ${count} times, at most ${most} are accounted for`,
        );
    }
  }
  for (const [id, { properties }] of Object.entries(effects.objects))
    if (!known.has(id))
      failures.push(`a second object was made: ${id} (${Object.keys(properties).join(', ')})`);
  return failures;
}

/** Requests to one object are never in flight together (SPEC I12); Graph takes some time for each, and notes both ends. */
function inFlightTogether(writes: readonly LogEntry[]): readonly string[] {
  const failures: string[] = [];
  const latest = new Map<string, Timed>();
  for (const entry of (writes as readonly Timed[]).toSorted((a, b) => a.startedAt - b.startedAt)) {
    if (entry.objectId === null) continue;
    const before = latest.get(entry.objectId);
    if (before !== undefined && entry.startedAt < before.answeredAt)
      failures.push(`in flight together: ${before.method} ${before.path} and ${entry.method} ${entry.path}`);
    latest.set(entry.objectId, entry);
  }
  return failures;
}
type Timed = LogEntry & { readonly startedAt: number };

/** What was refused, given up or put aside is lost to whoever waits for it. */
async function left(cast: Cast): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const [name, { active, deadLetter }] of Object.entries(await readQueues(cast))) {
    if (name === 'poison' && active > 0) failures.push(`${active} messages in the poison queue`);
    if (deadLetter > 0) failures.push(`${deadLetter} dead letters of ${name}`);
  }
  const { quarantined, held } = await backlogOf(cast);
  if (quarantined > 0) failures.push(`${quarantined} objects in quarantine`);
  if (held > 0) failures.push(`${held} operations held`);
  return failures;
}
