import { partitionOf } from '../../shared/model/partition.ts';
import { hostNames, type Victim } from './cast.ts';
import type { Matcher } from './gates.ts';
import {
  accepted,
  delivered,
  graphAnswer,
  graphRequest,
  importPage,
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

export const exactPoints: readonly ExactPoint[] = [
  {
    name: 'between attempt and Graph',
    fault: /^kill host/,
    crossing: /^PATCH \/v1.0\/users\//,
    play: (stage, key) => retitled(stage, key, graphRequest, 'between attempt and Graph'),
  },
  {
    name: 'between Graph’s answer and the host',
    fault: /^kill host/,
    crossing: /^PATCH \/v1.0\/users\//,
    play: (stage, key) => retitled(stage, key, graphAnswer, 'between Graph’s answer and the host'),
  },
  {
    name: 'between Graph’s answer and the record',
    fault: /^kill host/,
    crossing: /^POST .*\$batch$/,
    play: (stage, key) =>
      retitled(stage, key, (title) => recordRequest(title, key), 'between Graph’s answer and the record'),
  },
  {
    name: 'between a creation and its record',
    fault: /^kill host/,
    crossing: /^POST \/v1.0\/(users|\$batch)$/,
    play: async (stage) => {
      const armed = stage.cast.gates.arm(graphAnswer(stage.company.nextBadge()));
      await stage.company.hire();
      await stage.killAt('between a creation and its record', armed);
    },
  },
  {
    name: 'between fold and work',
    fault: /^kill host/,
    crossing: /^transfer changes$/,
    play: (stage, key) =>
      retitled(stage, key, () => workAnnounced(partitionOf('corp', key)), 'between fold and work'),
  },
  {
    name: 'between a host’s work and its word to the broker',
    fault: /^kill host/,
    crossing: /^disposition changes$/,
    play: (stage, key) =>
      retitled(
        stage,
        key,
        () => settlement('changes', partitionOf('corp', key)),
        'between a host’s work and its word to the broker',
      ),
  },
  {
    name: 'between the broker’s acceptance and the agent',
    fault: /^kill agent$/,
    crossing: /^disposition changes$/,
    play: (stage, key) =>
      retitled(stage, key, () => accepted('changes', key), 'between the broker’s acceptance and the agent'),
  },
  {
    name: 'between the broker’s acceptance and the watermark',
    fault: /^kill agent$/,
    crossing: /^transfer agent-leases-corp/,
    play: (stage, key) =>
      retitled(
        stage,
        key,
        () => watermarkAfter('changes', key),
        'between the broker’s acceptance and the watermark',
      ),
  },
  {
    name: 'between a link and its wake-up',
    fault: /^kill host/,
    crossing: /^GET .*References/,
    play: linkWithoutWakeUp,
  },
  {
    name: 'a bulk fold between Graph’s answer and the host',
    fault: /^hold$/,
    crossing: /^PATCH \/v1.0\/users\//,
    play: (stage, key) =>
      foldedMeanwhile(stage, key, graphAnswer, 'a bulk fold between Graph’s answer and the host'),
  },
  {
    name: 'a bulk fold between plan and record',
    fault: /^hold$/,
    crossing: /^POST .*\$batch$/,
    play: (stage, key) =>
      foldedMeanwhile(
        stage,
        key,
        (title) => recordRequest(title, key),
        'a bulk fold between plan and record',
      ),
  },
  {
    name: 'two holders of one session',
    fault: /^pause host/,
    crossing: /^PATCH \/v1.0\/users\//,
    play: twoHolders,
  },
];

async function retitled(
  stage: Stage,
  key: string,
  gate: (title: string) => Matcher,
  point: string,
): Promise<void> {
  const title = stage.company.nextTitle();
  const armed = stage.cast.gates.arm(gate(title));
  await stage.company.retitle(key, title);
  await stage.killAt(point, armed);
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

/** Nobody dies: what is on its way is held until a newer fold of the same object is in the table. */
async function foldedMeanwhile(
  stage: Stage,
  key: string,
  gate: (title: string) => Matcher,
  point: string,
): Promise<void> {
  const { company, cast } = stage;
  const title = company.nextTitle();
  const armed = cast.gates.arm(gate(title));
  await company.retitle(key, title);
  const held = await within(`something to stop ${point}`, armed.hit);
  const newer = await company.retitle(key);
  await stage.refresh(key);
  // The live lane of the partition is behind the held turn, so it is the bulk lane that brings this.
  await eventually('the newer title is folded', async () => {
    const staged = (await stage.row(key))?.staged.attributes['title']?.values[0];
    return staged === newer ? null : `staged is ${JSON.stringify(staged)}`;
  });
  held.release();
  stage.chronicle.add('hold', point, held.crossing.what);
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
  const session = cast.gates.arm(delivered(other, partitionOf('corp', key)));
  const second = await within('the session in other hands', session.hit);
  second.release();
  cast.resume(stopped);
  held.release();
  stage.chronicle.add(`pause ${stopped}`, 'two holders of one session', held.crossing.what);
}
