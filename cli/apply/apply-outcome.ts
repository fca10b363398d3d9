import { exitCodes } from '../exit-codes.ts';
import type { Outcome } from '../outcome.ts';
import type { PlanOperation } from '../plan/plan-file.ts';
import { count } from '../text/count.ts';
import { plain, type Paint } from '../text/paint.ts';
import { table } from '../text/table.ts';
import { isHeldAsSaid } from './held-as-said.ts';
import type { Standing, StandingName } from './standing-of.ts';
import type { StandingCounts, Watched } from './watch-plan.ts';

/** What was carried out, and under what. */
export interface Applied {
  readonly plan: string;
  readonly operations: readonly PlanOperation[];
  readonly revision: number;
  readonly generation: number;
}

/** Of each standing; more than that is for --json. */
const shownMax = 50;

/** What came of a plan, once it is over or nobody waits any longer. */
export function applyOutcome(applied: Applied, watched: Watched, paint: Paint = plain): Outcome {
  const { plan, revision, generation, operations } = applied;
  const { counts, standings, end } = watched;
  const isAsPlanned = counts.done + counts.held === operations.length && isHeldAsSaid(operations, standings);
  return {
    data: {
      plan,
      revision,
      generation,
      end,
      isAsPlanned,
      counts,
      operations: [...standings].map(([operation, standing]) => lineOf(operation, standing)),
    },
    text: [headText(applied, counts), ...endText(watched), ...sections(standings, paint)].join('\n'),
    next: nextText(watched, isAsPlanned),
    exitCode: isAsPlanned && end !== 'replaced' ? exitCodes.ok : exitCodes.failure,
  };
}

function lineOf(
  { hash, kind, key, connector, label }: PlanOperation,
  { standing, property, detail, hold }: Standing,
): object {
  return {
    ...{ hash, kind, key, connector, label, standing },
    ...(property === undefined ? {} : { property }),
    ...(detail === undefined ? {} : { detail }),
    ...(hold === undefined ? {} : { hold: hold.hash }),
  };
}

function headText({ plan, revision, operations }: Applied, counts: StandingCounts): string {
  const total = count(operations.length, 'operation');
  if (operations.length === 0) return `revision ${revision} is in force; plan ${plan} has nothing to write`;
  const done = counts.done.toLocaleString('en-US');
  const others = countsText(counts);
  return [
    `carried out ${done} of ${total} of plan ${plan}, revision ${revision}`,
    ...(others === '' ? [] : [others]),
  ].join('\n');
}

const words: Readonly<Record<Exclude<StandingName, 'done'>, string>> = {
  held: 'held',
  overtaken: 'overtaken',
  failed: 'failed',
  waiting: 'waiting',
  pending: 'to come',
};

/** '3 held, 8 overtaken, 2 failed'; empty where all is done. */
export function countsText(counts: StandingCounts): string {
  return (Object.keys(words) as (keyof typeof words)[])
    .filter((name) => counts[name] > 0)
    .map((name) => `${counts[name].toLocaleString('en-US')} ${words[name]}`)
    .join(', ');
}

function endText({ end }: Watched): readonly string[] {
  if (end === 'replaced')
    return [
      'Something else was published meanwhile: what is left of this plan is not carried out by it any more.',
    ];
  return end === 'timeout' ? ['The time to wait for it is over; it goes on by itself.'] : [];
}

const titles: readonly (readonly [StandingName, string])[] = [
  ['overtaken', 'Overtaken: the directory, or somebody, has made something else of it'],
  ['failed', 'Failed: the function app tries it again'],
  ['waiting', 'Waiting'],
];

function sections(standings: ReadonlyMap<PlanOperation, Standing>, paint: Paint): readonly string[] {
  const all = [...standings];
  return titles.flatMap(([name, title]) => {
    const own = all.filter(([, { standing }]) => standing === name);
    if (own.length === 0) return [];
    const rows = own
      .slice(0, shownMax)
      .map(([{ label, kind, target }, { property, detail }]) => [
        label,
        kind,
        property ?? target?.label ?? '',
        detail ?? '',
      ]);
    const more = own.length - rows.length;
    return [
      '',
      paint('bold', title),
      table(['OBJECT', 'OPERATION', 'OF', 'WHY'], rows, paint),
      ...(more > 0 ? [`… and ${more.toLocaleString('en-US')} more (--json)`] : []),
    ];
  });
}

function nextText({ counts, end }: Watched, isAsPlanned: boolean): string {
  const lines = [
    ...(counts.held > 0
      ? [
          isAsPlanned
            ? 'Held as the plan said: decide with "dirbridge holds list".'
            : 'What is held waits for a person: see "dirbridge holds list".',
        ]
      : []),
    ...(counts.overtaken > 0 || end === 'replaced'
      ? ['What was overtaken is in no plan any more: plan again with the same rules, and apply that.']
      : []),
    ...(counts.failed > 0
      ? ['Why it failed stands in "dirbridge quarantine list" and "dirbridge journal --failures".']
      : []),
    ...(counts.waiting > 0 ? ['What waits is carried out when it can be.'] : []),
    ...(end === 'timeout' ? ['To go on watching, repeat the command; see also "dirbridge status".'] : []),
  ];
  return lines.length === 0 ? 'Everything that the plan names is in effect.' : lines.join('\n');
}
