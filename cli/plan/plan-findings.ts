import { count } from '../text/count.ts';
import type { BudgetForecast } from './forecast-guard.ts';
import type { NameBook } from './name-book.ts';
import type { Finding } from './plan-file.ts';
import type { PlannedObject } from './planned-object.ts';
import type { Survey } from './survey.ts';
import { add, addTo, newTally, type Tally } from './tally.ts';

export interface FindingInput {
  readonly surveys: readonly Survey[];
  readonly names: NameBook;
  readonly budgets: readonly BudgetForecast[];
  /** Suffixes that the person says are verified. */
  readonly domains: readonly string[];
  /** Members, references and the like that the rules ask for now and the agents have not read. */
  readonly newLinks: readonly string[];
  /** Connectors that the rules do not name any more. */
  readonly leftOut: readonly string[];
}

type Weight = Finding['weight'];

const finding = (code: string, weight: Weight, text: string, tally: Tally): Finding => ({
  code,
  weight,
  count: tally.count,
  text,
  examples: [...tally.examples],
});
const users = (number: number): string => count(number, 'user');
const objects = (number: number): string => count(number, 'object');
/** The number with its noun and a verb that fits. */
const those = (number: number, one: string, many: string): string =>
  `${objects(number)} ${number === 1 ? one : many}`;

/** What a person should know before anything is carried out; what hurts first stands first. */
export function findingsOf(input: FindingInput): readonly Finding[] {
  const { surveys } = input;
  return [
    ...suffixes(input),
    ...clashes(input.names),
    ...losses(surveys),
    ...budgetFindings(input.budgets),
    ...otherHolds(surveys),
    ...byName(surveys, ({ leaves }) => leaves).map(([sync, tally]) =>
      finding('leaves-scope', 'look', `${those(tally.count, 'leaves', 'leave')} the scope of ${sync}`, tally),
    ),
    ...locations(surveys),
    ...problems(surveys),
    ...unknowns(input),
    ...byName(surveys, ({ enters }) => enters).map(([sync, tally]) =>
      finding(
        'enters-scope',
        'info',
        `${those(tally.count, 'comes', 'come')} into the scope of ${sync}`,
        tally,
      ),
    ),
    ...later(surveys),
  ];
}

function suffixes({ names, domains }: FindingInput): readonly Finding[] {
  const known = new Set(domains.map((one) => one.toLowerCase()));
  for (const suffix of names.takenSuffixes) known.add(suffix);
  const list = known.size === 0 ? 'none' : [...known].sort().slice(0, 10).join(', ');
  return inOrder(names.wantedSuffixes)
    .filter(([suffix]) => !known.has(suffix))
    .map(([suffix, tally]) =>
      finding(
        'unverified-suffix',
        'bad',
        `${users(tally.count)} would get a principal name under ${suffix}, of which it is not known that Entra has verified it (known by what was written before: ${list}; name others with --domains)`,
        tally,
      ),
    );
}

function clashes(names: NameBook): readonly Finding[] {
  const tally = newTally();
  for (const { property, value, users: both } of names.clashes)
    add(tally, `${property} ${value}: ${both.join(' and ')}`);
  if (tally.count === 0) return [];
  return [finding('name-clash', 'bad', `${count(tally.count, 'name')} would belong to two users`, tally)];
}

function losses(surveys: readonly Survey[]): readonly Finding[] {
  const lost = new Map<string, Tally>();
  for (const { planned, targets } of surveys)
    for (const { label, operations } of planned)
      for (const operation of operations) {
        const { kind } = operation;
        if (kind === 'delete' || kind === 'disable') addTo(lost, kind, label);
        if (kind !== 'remove-member') continue;
        const { key } = operation.member;
        addTo(lost, kind, `${targets.get(key)?.label ?? key} of ${label}`);
      }
  const text = (kind: string, verb: string): Finding[] => {
    const tally = lost.get(kind);
    return tally === undefined
      ? []
      : [finding(kind, 'bad', `${count(tally.count, ...noun(kind))} ${verb}`, tally)];
  };
  return [
    ...text('delete', 'deleted'),
    ...text('disable', 'disabled'),
    ...text('remove-member', 'taken out of groups'),
  ];
}

const noun = (kind: string): [string, string] =>
  kind === 'remove-member'
    ? ['member would be', 'members would be']
    : ['object would be', 'objects would be'];

const deedOf: Readonly<Record<BudgetForecast['budget'], string>> = {
  delete: 'deletes',
  disable: 'disables',
  removeMembers: 'removals of members',
  blank: 'emptied values',
  rename: 'changes of principal names',
  groupType: 'changes of a group’s type',
};

function budgetFindings(budgets: readonly BudgetForecast[]): readonly Finding[] {
  const over = budgets.filter(({ held }) => held > 0);
  if (over.length === 0 && budgets.length > 0) {
    const counted = budgets.reduce((sum, { planned }) => sum + planned, 0);
    const text = `the budgets would hold nothing of ${count(counted, 'operation')} that they count`;
    return [finding('budget', 'info', text, { count: 0, examples: [] })];
  }
  return over.map((one) => {
    const what = one.path === null ? deedOf[one.budget] : `${deedOf[one.budget]} of ${one.path}`;
    const spent = one.spentBefore === 0 ? '' : `, ${one.spentBefore} of them spent already`;
    const numbers = `budget of ${one.sync}: max ${one.max}, ${one.percent} % of ${objects(one.managed)}, so ${one.limit}${spent}`;
    const text = `${one.held.toLocaleString('en-US')} of ${one.planned.toLocaleString('en-US')} ${what} would be held (${numbers})`;
    return finding('budget', 'look', text, { count: one.held, examples: [] });
  });
}

const causes: Readonly<Record<string, string>> = {
  mailbox: 'held: a mailbox on premises',
  vanished: 'held: nowhere to be found at the source, and no tombstone',
  doubt: 'held: read from a domain controller that may lack what was told before',
  rejected: 'not carried out: somebody has rejected them before',
};

function otherHolds(surveys: readonly Survey[]): readonly Finding[] {
  const held = new Map<string, Tally>();
  for (const object of plannedOf(surveys))
    for (const { cause } of object.held) if (cause !== 'budget') addTo(held, cause, object.label);
  const found = [...held].map(([cause, tally]) =>
    finding(
      `held-${cause}`,
      'look',
      `${count(tally.count, 'operation')} would be ${causes[cause] ?? cause}`,
      tally,
    ),
  );
  const waiting = surveys.reduce((sum, { heldRemovals }) => sum + heldRemovals, 0);
  if (waiting === 0) return found;
  const text = `${count(waiting, 'removal of a member waits', 'removals of members wait')} for a person already (dirbridge holds list)`;
  return [...found, finding('held-removals', 'look', text, { count: waiting, examples: [] })];
}

function locations(surveys: readonly Survey[]): readonly Finding[] {
  const tally = merged(surveys.map(({ noUsageLocation }) => noUsageLocation));
  if (tally.count === 0) return [];
  const syncs = new Set(
    [...plannedOf(surveys)].filter(({ cloudClass }) => cloudClass === 'user').map(({ sync }) => sync),
  );
  const isMapped = [...syncs].some(({ flows }) =>
    flows.some((flow) => flow.kind === 'value' && flow.target.path === 'usageLocation'),
  );
  const why = isMapped ? 'though the rules map it' : 'which the rules do not map';
  const text = `${users(tally.count)} would be created without usageLocation, ${why}: no licence can be assigned to them`;
  return [finding('no-usage-location', 'look', text, tally)];
}

function problems(surveys: readonly Survey[]): readonly Finding[] {
  const found = new Map<string, Tally>();
  for (const { problems: some, label } of plannedOf(surveys))
    for (const { target, message } of some) addTo(found, `${target}: ${message}`, label);
  return inOrder(found).map(([what, tally]) =>
    finding('problem', 'look', `${objects(tally.count)}: ${what}`, tally),
  );
}

function unknowns({ surveys, newLinks, leftOut }: FindingInput): readonly Finding[] {
  const waiting = merged(surveys.map((one) => one.waiting));
  const attributes = byName(surveys, ({ unread }) => unread).map(([name]) => name);
  const containers = byName(surveys, ({ unresolved }) => unresolved);
  const simple = (code: string, tally: Tally, text: string): Finding[] =>
    tally.count === 0 ? [] : [finding(code, 'look', text, tally)];
  const none = (number: number): Tally => ({ count: number, examples: [] });
  const noBase = merged(surveys.map((one) => one.noBase));
  const noRules = merged(surveys.map((one) => one.noRules));
  const busy = merged(surveys.map((one) => one.busy));
  return [
    ...(attributes.length === 0
      ? []
      : simple(
          'unread-attributes',
          waiting,
          `${those(waiting.count, 'waits', 'wait')} for what was never read: ${attributes.join(', ')}. Publishing makes the agent read just that`,
        )),
    ...containers.flatMap(([dn, tally]) =>
      simple(
        'unknown-container',
        tally,
        `it is not known yet what lies under ${dn}: ${those(tally.count, 'waits', 'wait')} until the agent has looked it up, after publishing`,
      ),
    ),
    ...simple(
      'new-links',
      none(newLinks.length),
      `never read so far: the agent reads ${newLinks.join(', ')} of all groups first, which is not in this plan`,
    ),
    ...simple('no-base', noBase, `${objects(noBase.count)} not read whole yet, and so not planned`),
    ...simple(
      'no-rules',
      noRules,
      `${those(noRules.count, 'is', 'are')} of a class that no sync wants any more, and left in the cloud as before`,
    ),
    ...simple(
      'left-out',
      none(leftOut.length),
      `nothing is said of ${leftOut.join(', ')}: these rules do not name it, and what it has in the cloud is left as it is`,
    ),
    ...simple(
      'busy',
      busy,
      `${those(busy.count, 'is', 'are')} being written at this moment; what is planned there may be done already`,
    ),
  ];
}

function later(surveys: readonly Survey[]): readonly Finding[] {
  const deleted = merged(surveys.map(({ deletedLater }) => deletedLater));
  const waiting = surveys.reduce((sum, one) => sum + one.waitingReferences + one.waitingMembers, 0);
  return [
    ...(deleted.count === 0
      ? []
      : [
          finding(
            'deleted-later',
            'info',
            `${those(deleted.count, 'has left and is', 'have left and are')} deleted once the time of grace is over, which is not in this plan`,
            deleted,
          ),
        ]),
    ...(waiting === 0
      ? []
      : [
          finding(
            'waiting-links',
            'info',
            `${count(waiting, 'reference or membership waits', 'references and memberships wait')} for somebody who is not in the cloud`,
            { count: waiting, examples: [] },
          ),
        ]),
  ];
}

function* plannedOf(surveys: readonly Survey[]): Generator<PlannedObject> {
  for (const { planned } of surveys) yield* planned;
}

function merged(tallies: readonly Tally[]): Tally {
  const [first] = tallies.filter(({ count: number }) => number > 0);
  return { count: tallies.reduce((sum, one) => sum + one.count, 0), examples: first?.examples ?? [] };
}

const inOrder = (tallies: ReadonlyMap<string, Tally>): readonly (readonly [string, Tally])[] =>
  [...tallies].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));

/** Of all sources together, the most frequent first. */
function byName(
  surveys: readonly Survey[],
  of: (survey: Survey) => ReadonlyMap<string, Tally>,
): readonly (readonly [string, Tally])[] {
  const names = new Set(surveys.flatMap((one) => [...of(one).keys()]));
  return inOrder(
    new Map(
      [...names].map((name) => [name, merged(surveys.flatMap((one) => of(one).get(name) ?? []))] as const),
    ),
  );
}
