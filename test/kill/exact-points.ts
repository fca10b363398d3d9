import { partitionOf } from '../../shared/model/partition.ts';
import { hostNames, type Victim } from './cast.ts';
import type { Matcher } from './gates.ts';
import {
  accepted,
  delivered,
  graphAnswer,
  graphRequest,
  importPage,
  published,
  recordRequest,
  settlement,
  wakeUpAfterLink,
  watermarkAfter,
  workAnnounced,
} from './matchers.ts';
import { eventually, within } from './patience.ts';
import type { Stage } from './stage.ts';

/** One fault at one exact point, for an object of its own. */
export interface ExactPoint {
  readonly name: string;
  /** What the log must say: which fault, and what was on its way. */
  readonly fault: RegExp;
  readonly crossing: RegExp;
  /** @param key an employee whom nobody else changes. */
  readonly play: (stage: Stage, key: string) => Promise<void>;
}

/** Before the agent is started, for it is the import that the agent dies in. */
export const importPoint = 'in the middle of an import';

export async function playImport(stage: Stage, page: number): Promise<void> {
  const armed = stage.cast.gates.arm(importPage(page));
  await stage.cast.start('agent');
  await stage.cast.configure();
  await stage.killAt(importPoint, armed);
}

const host = /^kill host/;
const agent = /^kill agent$/;
const userPatch = /^PATCH \/v1.0\/users\//;
const transaction = /^POST .*\$batch$/;

export const exactPoints: readonly ExactPoint[] = [
  killed('between attempt and Graph', host, userPatch, (title) => graphRequest(title)),
  killed('between Graph’s answer and the host', host, userPatch, (title) => graphAnswer(title)),
  killed('between Graph’s answer and the record', host, transaction, recordRequest),
  {
    name: 'between a creation and its record',
    fault: host,
    crossing: /^POST \/v1.0\/(users|\$batch)$/,
    play: async (stage) => {
      const armed = stage.cast.gates.arm(graphAnswer(stage.company.nextBadge()));
      await stage.company.hire();
      await stage.killAt('between a creation and its record', armed);
    },
  },
  killed('between fold and work', host, /^transfer changes$/, (_, key) => workAnnounced(placeOf(key))),
  killed('between a host’s work and its word to the broker', host, /^disposition changes$/, (_, key) =>
    settlement('changes', placeOf(key)),
  ),
  killed('between a poll and the broker', agent, /^transfer changes$/, (_, key) => published('changes', key)),
  killed('between the broker’s acceptance and the agent', agent, /^disposition changes$/, (_, key) =>
    accepted('changes', key),
  ),
  killed(
    'between the broker’s acceptance and the watermark',
    agent,
    /^transfer agent-leases-corp/,
    (_, key) => watermarkAfter('changes', key),
  ),
  {
    name: 'between a link and its wake-up',
    fault: host,
    crossing: /^GET .*References/,
    play: linkWithoutWakeUp,
  },
  folded('a bulk fold between Graph’s answer and the host', userPatch, (title) => graphAnswer(title)),
  folded('a bulk fold between plan and record', transaction, recordRequest),
  { name: 'two holders of one session', fault: /^pause host/, crossing: userPatch, play: twoHolders },
];

type Gate = (title: string, key: string) => Matcher;

const placeOf = (key: string): string => partitionOf('corp', key);

/** A title changes, and whoever's traffic the gate stops is killed. */
function killed(name: string, fault: RegExp, crossing: RegExp, gate: Gate): ExactPoint {
  const play = async (stage: Stage, key: string): Promise<void> => {
    const title = stage.company.nextTitle();
    const armed = stage.cast.gates.arm(gate(title, key));
    await stage.company.retitle(key, title);
    await stage.killAt(name, armed);
  };
  return { name, fault, crossing, play };
}

/** Nobody dies: what is on its way is held until a newer fold of the same object is in the table. */
function folded(name: string, crossing: RegExp, gate: Gate): ExactPoint {
  const play = async (stage: Stage, key: string): Promise<void> => {
    const { company, cast, chronicle } = stage;
    const title = company.nextTitle();
    const armed = cast.gates.arm(gate(title, key));
    await company.retitle(key, title);
    const held = await within(`something to stop ${name}`, armed.hit);
    const newer = await company.retitle(key);
    await stage.refresh(key);
    // The live lane of the partition is behind the held turn, so it is the bulk lane that brings this.
    await eventually('the newer title is folded', async () => {
      const staged = (await stage.row(key))?.staged.attributes['title']?.values[0];
      return staged === newer ? null : `staged is ${JSON.stringify(staged)}`;
    });
    held.release();
    chronicle.add('hold', name, held.crossing.what);
  };
  return { name, fault: /^hold$/, crossing, play };
}

/** The group waits for its new member, and the host that has linked the member dies before it tells the group. */
async function linkWithoutWakeUp(stage: Stage): Promise<void> {
  const { company, cast } = stage;
  const point = 'between a link and its wake-up';
  const [team] = company.teams.keys();
  if (team === undefined) throw new Error('the company has no team');
  const created = cast.gates.arm(graphAnswer(company.nextBadge()));
  const key = await company.hire();
  const creation = await within(`the creation ${point}`, created.hit);
  await company.join(team, key);
  await eventually('the team waits for its member', async () =>
    (await stage.isReferenced(key, team)) ? null : 'no row in References',
  );
  const armed = cast.gates.arm(wakeUpAfterLink(key));
  creation.release();
  await stage.killAt(point, armed);
}

/**
 * The host that has written is stopped for longer than its lock and its attempt: the other one is given the session, and
 * writes what may be unknown. Then the first wakes up with Graph's answer.
 */
async function twoHolders(stage: Stage, key: string): Promise<void> {
  const { company, cast } = stage;
  const title = company.nextTitle();
  const armed = cast.gates.arm(graphAnswer(title));
  await company.retitle(key, title);
  const held = await within('an answer to stop', armed.hit);
  const stopped = held.crossing.client as Victim;
  cast.pause(stopped);
  const other = hostNames.find((name) => name !== stopped) ?? 'host1';
  const session = cast.gates.arm(delivered(other, placeOf(key)));
  const second = await within('the session in other hands', session.hit);
  second.release();
  cast.resume(stopped);
  held.release();
  stage.chronicle.add(`pause ${stopped}`, 'two holders of one session', held.crossing.what);
}
