import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import type { ListComplete } from '../../../shared/contracts/reading.v1.ts';
import type { Version } from '../../../shared/contracts/primitives.ts';
import { foldMember, isMember, isRemovalInDoubt } from '../../../shared/fold/fold-member.ts';
import { foldObject, type ReadContext } from '../../../shared/fold/fold-object.ts';
import { closeList, foldListComplete } from '../../../shared/fold/fold-reading.ts';
import type { MemberState, StagedObject } from '../../../shared/model/staged-object.ts';

/**
 * SPEC I1: any duplication and any order of messages gives the same staged object, and that object is what a plain
 * model gets that sees the same history once and in order.
 *
 * A history is what happens to one group in the directory; every step is read by the agent in one of its ways (delta,
 * whole in parts, member list in ranges), in doubt or not, and becomes messages. The model never sees messages or versions.
 */
const names = ['title', 'mail', 'phone'] as const;
const people = ['aa000001', 'aa000002', 'aa000003', 'aa000004'] as const;
const key = 'bb000001';

type Step = { inDoubt: boolean } & What;
type What =
  | { do: 'set'; name: string; value: string; epochs: number }
  | { do: 'clear'; name: string; epochs: number }
  | { do: 'add' | 'remove'; who: string; epochs: number }
  | { do: 'silent-add' | 'silent-remove'; who: string; epochs: number }
  | { do: 'delete'; epochs: number }
  | { do: 'undelete'; epochs: number }
  | { do: 'read'; parts: number; epochs: number }
  | { do: 'list'; ranges: number; epochs: number };

const epochs = fc.nat({ max: 1 });
const whatArbitrary: fc.Arbitrary<What> = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    name: fc.constantFrom(...names),
    value: fc.constantFrom('x', 'y', 'z'),
    epochs,
  }),
  fc.record({ do: fc.constant('clear' as const), name: fc.constantFrom(...names), epochs }),
  fc.record({
    do: fc.constantFrom('add' as const, 'remove' as const, 'silent-add' as const, 'silent-remove' as const),
    who: fc.constantFrom(...people),
    epochs,
  }),
  fc.record({ do: fc.constantFrom('delete' as const, 'undelete' as const), epochs }),
  fc.record({ do: fc.constant('read' as const), parts: fc.integer({ min: 1, max: 3 }), epochs }),
  fc.record({ do: fc.constant('list' as const), ranges: fc.integer({ min: 1, max: 3 }), epochs }),
);
const stepArbitrary: fc.Arbitrary<Step> = fc
  .tuple(whatArbitrary, fc.boolean())
  .map(([what, inDoubt]) => ({ ...what, inDoubt }));

type Message =
  { kind: 'change'; change: ObjectChange; read: ReadContext } | { kind: 'list'; complete: ListComplete };

interface Told {
  isPresent: boolean;
  inDoubt: boolean;
  isBeforeList: boolean;
}

interface Model {
  isDeleted: boolean;
  /** Whether any read has said anything about being alive or deleted. */
  isLifeKnown: boolean;
  /** What is in the directory now. */
  attributes: Map<string, string>;
  members: Set<string>;
  /** What the messages can have told: attributes read so far, members as last reported. */
  known: Map<string, string[]>;
  reported: Set<string>;
  hasBase: boolean;
  /** Something was read in doubt, and nothing that is certain has spoken for the whole object since. */
  isInDoubt: boolean;
  /** What was last told about each person by himself, since the group was last deleted. */
  told: Map<string, Told>;
  /** Whether the latest list was read in doubt; null: none since the group was last deleted. */
  listInDoubt: boolean | null;
}

function split<T>(items: readonly T[], parts: number): T[][] {
  const result: T[][] = Array.from({ length: parts }, () => []);
  items.forEach((item, index) => result[index % parts]?.push(item));
  return result;
}

/** Plays the history on the plain model and returns the messages an agent would have sent. */
function play(steps: readonly Step[]): { model: Model; messages: Message[] } {
  const model: Model = {
    isDeleted: false,
    isLifeKnown: false,
    attributes: new Map(),
    members: new Set(),
    known: new Map(),
    reported: new Set(),
    hasBase: false,
    isInDoubt: false,
    told: new Map(),
    listInDoubt: null,
  };
  const messages: Message[] = [];
  let version: Version = { epoch: 1, n: 0 };
  const send = (
    change: Omit<ObjectChange, 'key' | 'attributes'> & { attributes?: ObjectChange['attributes'] },
    asked: readonly string[] = [],
  ) => {
    const read = { version, asked, ...(inDoubt ? { inDoubt } : {}) };
    messages.push({ kind: 'change', change: { key, attributes: {}, ...change }, read });
    if (inDoubt) model.isInDoubt = true;
    else if (change.whole !== undefined || change.deleted === true) model.isInDoubt = false;
  };
  let inDoubt = false;
  for (const step of steps) {
    version =
      step.epochs > 0 ? { epoch: version.epoch + 1, n: 0 } : { epoch: version.epoch, n: version.n + 1 };
    if (model.isDeleted && step.do !== 'undelete') continue;
    ({ inDoubt } = step);
    switch (step.do) {
      case 'set':
        model.attributes.set(step.name, step.value);
        model.known.set(step.name, [step.value]);
        send({ attributes: { [step.name]: [step.value] } });
        break;
      case 'clear':
        model.attributes.delete(step.name);
        model.known.set(step.name, []);
        send({ attributes: { [step.name]: [] } });
        break;
      case 'silent-add':
        model.members.add(step.who);
        break;
      case 'silent-remove':
        model.members.delete(step.who);
        break;
      case 'add':
        model.members.add(step.who);
        model.reported.add(step.who);
        model.told.set(step.who, { isPresent: true, inDoubt, isBeforeList: false });
        send({ links: { member: { added: [step.who], removed: [] } } });
        break;
      case 'remove':
        model.members.delete(step.who);
        model.reported.delete(step.who);
        model.told.set(step.who, { isPresent: false, inDoubt, isBeforeList: false });
        send({ links: { member: { added: [], removed: [step.who] } } });
        break;
      case 'delete':
        Object.assign(model, {
          isDeleted: true,
          isLifeKnown: true,
          hasBase: false,
          attributes: new Map(),
          members: new Set(),
          known: new Map(),
          reported: new Set(),
          told: new Map(),
          listInDoubt: null,
        });
        send({ deleted: true });
        break;
      case 'undelete':
        if (!model.isDeleted) break;
        model.isDeleted = false;
        send({ deleted: false });
        break;
      case 'read': {
        model.isLifeKnown = true;
        model.hasBase = true;
        for (const name of names)
          model.known.set(name, model.attributes.has(name) ? [model.attributes.get(name) ?? ''] : []);
        split(names, step.parts).forEach((asked, part) => {
          const attributes = Object.fromEntries(
            asked.flatMap((name) =>
              model.attributes.has(name) ? [[name, [model.attributes.get(name) ?? '']]] : [],
            ),
          );
          send({ whole: { part, of: step.parts }, asked, attributes, class: 'group' }, names);
        });
        break;
      }
      case 'list': {
        model.reported = new Set(model.members);
        const list = version;
        model.listInDoubt = inDoubt;
        for (const [who, one] of model.told) model.told.set(who, { ...one, isBeforeList: true });
        for (const who of model.members)
          model.told.set(who, { isPresent: true, inDoubt, isBeforeList: false });
        split([...model.members], step.ranges).forEach((added) => {
          send({ links: { member: { added, removed: [], list } } });
          version = { epoch: version.epoch, n: version.n + 1 };
        });
        messages.push({
          kind: 'list',
          complete: {
            key,
            attribute: 'member',
            version: list,
            total: model.members.size,
            ...(inDoubt ? { inDoubt } : {}),
          },
        });
        break;
      }
    }
  }
  return { model, messages };
}

/** What the function app keeps: the object's row and its member rows; a list is closed when all of it has arrived. */
function fold(messages: readonly Message[]): {
  staged: StagedObject | null;
  members: Map<string, MemberState>;
} {
  let staged: StagedObject | null = null;
  const members = new Map<string, MemberState>();
  for (const message of messages) {
    if (message.kind === 'list') {
      staged = foldListComplete(staged, message.complete);
    } else {
      staged = foldObject(staged, message.change, message.read);
      const link = message.change.links?.['member'];
      for (const who of link?.added ?? [])
        members.set(
          who,
          foldMember(members.get(who) ?? null, {
            version: message.read.version,
            isPresent: true,
            list: link?.list,
            inDoubt: message.read.inDoubt,
          }),
        );
      for (const who of link?.removed ?? [])
        members.set(
          who,
          foldMember(members.get(who) ?? null, {
            version: message.read.version,
            isPresent: false,
            inDoubt: message.read.inDoubt,
          }),
        );
    }
    const list = staged.lists['member'];
    if (list?.total !== null && list !== undefined && !list.isClosed) {
      const arrived = [...members.values()].filter(
        (one) => one.list !== null && one.list.epoch === list.version.epoch && one.list.n === list.version.n,
      ).length;
      if (arrived >= list.total) staged = closeList(staged, 'member', list.version);
    }
  }
  return { staged, members };
}

function membersOf({ staged, members }: ReturnType<typeof fold>): string[] {
  const list = staged?.lists['member'];
  return [...members]
    .filter(([, state]) => isMember(state, staged?.floor ?? null, list?.closed ?? null))
    .map(([who]) => who)
    .sort();
}

/** Who is missing on a doubtful word alone, of those of whom something was told since the group was last deleted. */
function missingInDoubt({ staged, members }: ReturnType<typeof fold>, of: readonly string[]): string[] {
  const list = staged?.lists['member'];
  return [...members]
    .filter(([who]) => of.includes(who))
    .filter(([, state]) => !isMember(state, staged?.floor ?? null, list?.closed ?? null))
    .filter(([, state]) => isRemovalInDoubt(state, list))
    .map(([who]) => who)
    .sort();
}

function expectedMissingInDoubt({ told, reported, listInDoubt }: Model): string[] {
  const isInDoubt = ({ isPresent, inDoubt, isBeforeList }: Told): boolean =>
    isPresent ? listInDoubt === true : inDoubt && !(isBeforeList && listInDoubt === false);
  return [...told].flatMap(([who, one]) => (!reported.has(who) && isInDoubt(one) ? [who] : [])).sort();
}

const runs = Number(process.env['FC_RUNS'] ?? 2_000);

test('any order and any duplication folds to what a plain sequential model holds', () => {
  fc.assert(
    fc.property(
      fc.array(stepArbitrary, { maxLength: 25 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      (steps, duplicates, order) => {
        const { model, messages } = play(steps);
        const again =
          messages.length === 0 ? [] : duplicates.flatMap((index) => messages[index % messages.length] ?? []);
        const delivered = [...messages, ...again]
          .map((message) => ({ message, at: Number(order.next().value) }))
          .sort((a, b) => a.at - b.at)
          .map(({ message }) => message);

        const inOrder = fold(messages);
        const shuffled = fold(delivered);
        expect(shuffled.staged).toEqual(inOrder.staged);
        expect(shuffled.members.size).toBe(inOrder.members.size);
        expect(membersOf(shuffled)).toEqual(membersOf(inOrder));

        const { staged } = shuffled;
        const known = Object.fromEntries(
          Object.entries(staged?.attributes ?? {}).map(([name, one]) => [name, one.values]),
        );
        expect(known).toEqual(Object.fromEntries(model.known));
        expect(membersOf(shuffled)).toEqual([...model.reported].sort());
        expect(staged?.base != null).toBe(model.hasBase);
        expect(staged?.doubt !== undefined).toBe(model.isInDoubt);
        expect(missingInDoubt(shuffled, [...model.told.keys()])).toEqual(expectedMissingInDoubt(model));
        if (model.isLifeKnown) expect(staged?.life?.isDeleted).toBe(model.isDeleted);
      },
    ),
    { numRuns: runs },
  );
});
