import { errorCodes } from '../../shared/errors/error-codes.ts';
import type { Judgement } from '../../shared/plan/judge-object.ts';
import { parkedRank, parseIndexRowKey } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { labelText, describeObject } from '../state/describe-object.ts';
import { count } from '../text/count.ts';
import { moment } from '../text/moments.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import { becauseOf, type Why } from './explanation.ts';
import { countedMax, type Surroundings } from './read-facts.ts';
import { reasonsByRules } from './reasons-by-rules.ts';

export interface Grounds {
  readonly record: ObjectRecord;
  /** null: no rules are published. */
  readonly judgement: Judgement | null;
  readonly surroundings: Surroundings;
  /** What is planned for the object itself; its members are counted. */
  readonly operations: readonly Operation[];
  /** References that wait for their target to be in the cloud. */
  readonly waitingFor: readonly { readonly name: string; readonly targetKey: string }[];
  /** Epoch ms. */
  readonly now: number;
}

/** Why the object is not in the cloud, or not yet what the rules make of it. The first is what stands in the way most. */
export function reasonsOf(grounds: Grounds): readonly Why[] {
  const judged = reasonsByRules(grounds.judgement, grounds.record);
  const inTheWay = [...byState(grounds), ...byReferences(grounds)];
  const found = [...judged, ...inTheWay];
  if (found.length > 0) return [...found, ...byIndex(grounds, false)];
  const due = byIndex(grounds, true);
  return due.length > 0 ? due : [settled(grounds)];
}

function byState({ record, surroundings, now }: Grounds): readonly Why[] {
  const found: Why[] = [];
  const { attempt, failure, parked } = record;
  if (attempt !== null && attempt.until > now)
    found.push(
      becauseOf(
        'being-written',
        `is being written at this moment, until ${moment(attempt.until)} at the latest`,
      ),
    );
  else if (attempt !== null)
    found.push(
      becauseOf(
        'outcome-unknown',
        'a write was begun and its outcome is unknown: it is made certain by the next turn',
      ),
    );
  const { quarantine } = surroundings;
  if (quarantine !== null)
    found.push(
      becauseOf(
        'refused',
        `${quarantine.code}: ${quarantine.message}${quarantine.targets.length === 0 ? '' : ` (${quarantine.targets.join(', ')})`}; tried ${count(quarantine.count, 'time')}`,
        errorCodes[quarantine.code].action,
        quarantine.firstAt,
      ),
    );
  else if (failure !== null)
    found.push(becauseOf('refused', `the last attempt failed: ${failure.code}`, '', failure.at));
  found.push(...byHolds(surroundings));
  if (parked === 'mode')
    found.push(
      becauseOf(
        'plan-mode',
        'the function app is in a mode that leaves this: it was planned and journaled, not written',
        'Plan and apply it (docs/guides/plan.md), or set DIRBRIDGE_MODE to full.',
      ),
    );
  if (parked === 'name' || record.waitsSince !== undefined)
    found.push(
      becauseOf(
        'name-taken',
        'waits for a name that another object holds',
        'See which: dirbridge quarantine list, after a minute; or give one of them another name.',
        record.waitsSince ?? null,
      ),
    );
  return found;
}

function byHolds({ holds }: Surroundings): readonly Why[] {
  return holds.flatMap((hold) => {
    if (hold.status === 'held')
      return [
        becauseOf(
          'held',
          `${hold.operation} is held (${hold.cause}): ${hold.message}`,
          `dirbridge holds approve ${hold.hash}, or reject`,
          hold.heldAt,
        ),
      ];
    if (hold.status !== 'rejected') return [];
    const by = hold.decidedBy === null ? '' : ` by ${hold.decidedBy}`;
    return [
      becauseOf('rejected', `${hold.operation} was rejected${by}: it stays undone`, '', hold.decidedAt),
    ];
  });
}

function byReferences({ waitingFor, surroundings, record }: Grounds): readonly Why[] {
  // One that is not in the cloud itself has no references to wait for yet.
  const found = (record.link?.state === 'live' ? waitingFor : []).map(({ name, targetKey }) => {
    const target = surroundings.references.get(name)?.record ?? null;
    const who =
      target === null
        ? `object ${targetKey}, which was never read`
        : labelText(describeObject(target), targetKey);
    return becauseOf(
      'reference-waits',
      `${name} waits for ${who} to be in the cloud`,
      `dirbridge explain ${targetKey}`,
    );
  });
  const { members } = surroundings;
  if (members !== null && members.waiting > 0)
    found.push(
      becauseOf(
        'members-wait',
        members.waiting === 1
          ? '1 member waits to be in the cloud itself'
          : `${most(members.waiting)} wait to be in the cloud themselves`,
        'Who is out of scope or deleted never will be.',
      ),
    );
  return found;
}

const most = (number: number): string =>
  `${number.toLocaleString('en-US')} members${number >= countedMax ? ' or more' : ''}`;

/** When it is looked at next. */
function byIndex({ record, now }: Grounds, isAlone: boolean): readonly Why[] {
  const due = record.index === null ? null : parseIndexRowKey(record.index);
  if (due === null || due.rank === parkedRank) return [];
  if (due.due <= now)
    return [
      becauseOf(
        'due',
        'is to be looked at: waits for the turn of its partition',
        'dirbridge status shows what is before it',
        due.due,
      ),
    ];
  return isAlone && record.link === null
    ? [becauseOf('later', `is looked at again at ${moment(due.due)}`)]
    : [
        becauseOf(
          'later',
          `is looked at again at ${moment(due.due)}, since time or an earlier failure may change something`,
        ),
      ];
}

function settled({ record, operations }: Grounds): Why {
  if (operations.length === 0)
    return record.link?.state === 'live'
      ? becauseOf('settled', 'is in the cloud as the rules make it; nothing is left to do')
      : becauseOf('settled', 'nothing is left to do');
  const kinds = operations.map(({ kind }) => kind).join(', ');
  return becauseOf(
    'due',
    `${kinds} is planned, and nothing says why it is not done: the sweep finds it within minutes`,
    'If it stays so, this is a defect of Dirbridge: please report it with the output of --json.',
  );
}
