import { rmSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { namedHashes } from '../../../cli/apply/named-hashes.ts';
import { planId } from '../../../cli/apply/plan-id.ts';
import type { PlanFile } from '../../../cli/plan/plan-file.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { group, keyIn, user, type World } from '../pipeline-review/world.ts';
import {
  applyCommand,
  clockOf,
  fakeOperator,
  folder,
  planFileOf,
  putInForce,
  writePlan,
  type FakeOperator,
  type OperatorAnswer,
} from './apply-scene.ts';
import { fakeIo } from './fake-io.ts';
import { newWorld, publish, rules, settle, under } from './plan-scene.ts';

const [ada, bob, cyd, staff] = [0, 1, 2, 3].map((n) => keyIn(`p0${n}`, n)) as [
  string,
  string,
  string,
  string,
];
const every = [ada, bob, cyd, staff];
const bossy = rules.replace("'[title]'", `'"Boss"'`);

const operators: FakeOperator[] = [];
afterEach(() => {
  for (const one of operators.splice(0)) one.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An operator function that puts the plan in force as the next revision. */
async function operatorOf(world: World, revision = 2): Promise<FakeOperator> {
  const operator = await fakeOperator((body) => putInForce(world, body, revision));
  operators.push(operator);
  return operator;
}

const refusing = async (answer: OperatorAnswer): Promise<FakeOperator> => {
  const operator = await fakeOperator(
    () => answer,
    () => answer,
  );
  operators.push(operator);
  return operator;
};

/** Ada and Bob in the group staff, all of it in the cloud. */
async function linked(): Promise<World> {
  const world = newWorld();
  await publish(world, rules);
  await world.fold([user(ada, 'ada')]);
  await world.fold([user(bob, 'bob')]);
  await world.fold([group(staff, 'staff', [ada, bob])]);
  await settle(world, every);
  return world;
}

/** The function app takes its turns while the command waits for the first time. */
const carriedOutMeanwhile = (world: World, text: string): Clock =>
  clockOf(world, async (waited) => {
    if (waited === 1) await settle(world, every, under(world, text, 'full', 2));
  });

const operationsOf = (plan: PlanFile, kind: string) => plan.operations.filter((one) => one.kind === kind);

describe('what is sent', () => {
  test('first every hash, by connector and key, then the word to carry it out, with exactly the rules of the plan', async () => {
    const world = await linked();
    await world.fold([{ key: bob, attributes: { userPrincipalName: ['rob@corp.example'] } }]);
    const plan = await planFileOf(world, bossy);
    const operator = await operatorOf(world);
    const { text } = await applyCommand(world, writePlan(plan), operator, {
      clock: carriedOutMeanwhile(world, bossy),
    });
    const id = planId(plan);
    expect(operator.stored).toEqual([
      {
        step: 'store',
        plan: id,
        part: 0,
        connector: 'corp',
        operations: Object.fromEntries(plan.operations.map((one) => [one.key, [...namedHashes(one)]])),
      },
    ]);
    // The title of both; of Bob's also the name, on both ways over a temporary one, and the whole.
    expect(operator.stored[0]?.operations[ada]).toHaveLength(1);
    expect(operator.stored[0]?.operations[bob]).toHaveLength(5);
    expect(operator.carriedOut).toEqual([
      {
        step: 'carry-out',
        plan: id,
        parts: 1,
        at: plan.at,
        hash: plan.rules.hash,
        files: [{ name: 'rules.yaml', text: bossy }],
        base: { revision: 1, hash: plan.base?.hash },
      },
    ]);
    expect(text).toBe(`carried out 2 of 2 operations of plan ${id}, revision 2`);
  });

  test('a refusal is told with its reason, and exit code 3', async () => {
    const world = await linked();
    const file = writePlan(await planFileOf(world, bossy));
    const refused = { code: 'PLAN_STALE', message: 'revision 2 is in force', action: 'Plan again.' };
    const operator = await refusing({ status: 400, body: refused });
    await expect(applyCommand(world, file, operator)).rejects.toMatchObject({ ...refused, exitCode: 3 });
    expect(operator.carriedOut).toEqual([]);
  });

  test('an answer without a revision is not taken for success', async () => {
    const world = await linked();
    const file = writePlan(await planFileOf(world, bossy));
    const operator = await refusing({ status: 202, body: { requestId: 'r' } });
    await expect(applyCommand(world, file, operator)).rejects.toMatchObject({ code: 'OPERATOR_GARBAGE' });
  });

  test('other rules that change nothing are published all the same', async () => {
    const world = await linked();
    const same = rules.replace('disable: { max: 1000', 'disable: { max: 999');
    const plan = await planFileOf(world, same);
    expect(plan.operations).toEqual([]);
    const operator = await operatorOf(world);
    const { text, exitCode } = await applyCommand(world, writePlan(plan), operator);
    expect(operator.stored).toEqual([]);
    expect(operator.carriedOut).toHaveLength(1);
    expect(text).toBe(`revision 2 is in force; plan ${planId(plan)} has nothing to write`);
    expect(exitCode).toBe(0);
  });

  test('what was begun before is gone on with, unasked', async () => {
    const world = await linked();
    const plan = await planFileOf(world, bossy);
    const file = writePlan(plan);
    const operator = await operatorOf(world);
    await applyCommand(world, file, operator, { options: { wait: false } });
    const again = await applyCommand(world, file, operator, {
      options: { yes: false },
      clock: carriedOutMeanwhile(world, bossy),
    });
    expect(again.err).toContain('in force already (revision 2)');
    expect(again.exitCode).toBe(0);
    expect(operator.stored).toHaveLength(1);
    expect(operator.carriedOut[1]).toEqual(operator.carriedOut[0]);
  });
});

describe('before anything is sent', () => {
  const asked = async (world: World, plan: PlanFile, answer: string) => {
    const io = fakeIo({ isTerminal: true });
    const operator = await operatorOf(world);
    io.input.write(`${answer}\n`);
    const outcome = applyCommand(world, writePlan(plan), operator, {
      io,
      options: { yes: false, wait: false },
    });
    const error: unknown = await outcome.then(() => null).catch((thrown: unknown) => thrown);
    return { error, err: io.err.join(''), operator };
  };

  test('the summary, how old it is, and a question', async () => {
    const world = await linked();
    const plan = await planFileOf(world, bossy);
    world.now += 3 * 3_600_000;
    const { error, err, operator } = await asked(world, plan, 'yes');
    expect(error).toBeNull();
    expect(err).toMatch(/^Plan of rules [0-9a-f]{12} \(in force is revision 1, /);
    expect(err).toContain('\nOperations: 2 update\n');
    expect(err).toContain('\nMade 3 h ago (2026-01-01 ');
    expect(err).toMatch(/Publish these rules and carry out 2 operations\? Type yes to go on: $/);
    // Objects are for the plan to show.
    expect(err).not.toContain('jobTitle');
    expect(operator.carriedOut).toHaveLength(1);
  });

  test('whoever destroys types how much: what the guard would hold is not counted', async () => {
    const world = await linked();
    await world.fold([user(cyd, 'cyd')]);
    await settle(world, every);
    for (const key of [ada, bob, cyd]) await world.fold([{ key, deleted: true, attributes: {} }]);
    const plan = await planFileOf(world, rules.replace('delete: { max: 1000', 'delete: { max: 2'));
    expect(
      operationsOf(plan, 'delete')
        .map(({ held }) => held?.length ?? 0)
        .sort(),
    ).toEqual([0, 0, 1]);
    const removals = operationsOf(plan, 'remove-member').length;
    const expected = String(2 + removals);
    const declined = await asked(world, plan, 'yes');
    expect(declined.error).toMatchObject({ code: 'DECLINED', exitCode: 1 });
    expect(declined.err).toContain(
      `${expected} of which delete, disable or take out? Type ${expected} to go on: `,
    );
    expect(declined.operator.stored).toEqual([]);
    expect((await asked(world, plan, expected)).error).toBeNull();
  });

  test('without a terminal only --yes will do', async () => {
    const world = await linked();
    const file = writePlan(await planFileOf(world, bossy));
    await expect(applyCommand(world, file, null, { options: { yes: false } })).rejects.toMatchObject({
      exitCode: 2,
    });
  });

  test('a plan of one source says that the others are left', async () => {
    const world = await linked();
    const users = bossy.slice(bossy.indexOf('  users:'), bossy.indexOf('  groups:'));
    const people = users
      .replace('users:', 'people:')
      .replace('connector: corp', 'connector: labs')
      .replace('    flows:', '    precedence: 50\n    flows:');
    const two = bossy
      .replace('  cloud:', '  labs: { type: active-directory }\n  cloud:')
      .replace('  groups:\n', `${people}  groups:\n`);
    const plan = { ...(await planFileOf(world, two)), connectors: ['corp'] };
    const { err } = await asked(world, plan, 'yes');
    expect(err).toContain('It covers corp alone: what these rules change of labs is in no plan');
  });
});

describe('what comes of it', () => {
  test('--no-wait ends with the word that it goes on', async () => {
    const world = await linked();
    const plan = await planFileOf(world, bossy);
    const operator = await operatorOf(world);
    const outcome = await applyCommand(world, writePlan(plan), operator, { options: { wait: false } });
    expect(outcome.data).toEqual({ plan: planId(plan), revision: 2, generation: 2, end: 'unwatched' });
    expect(outcome.exitCode).toBeUndefined();
    expect(outcome.next).toContain('goes on by itself');
  });

  test('what was overtaken is listed with the property, and makes exit code 1', async () => {
    const world = await linked();
    const plan = await planFileOf(world, bossy);
    const operator = await operatorOf(world);
    // Somebody else published the old title for all; the rules in force say something else than the plan.
    const other = rules.replace("'[title]'", `'"Chief"'`);
    const outcome = await applyCommand(world, writePlan(plan), operator, {
      clock: carriedOutMeanwhile(world, other),
    });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.text.split('\n')).toEqual([
      `carried out 0 of 2 operations of plan ${planId(plan)}, revision 2`,
      '2 overtaken',
      '',
      'Overtaken: the directory, or somebody, has made something else of it',
      expect.stringMatching(/^OBJECT +OPERATION +OF +WHY$/),
      expect.stringMatching(/^ada <ada@corp\.example> +update +jobTitle +it is not planned any more$/),
      expect.stringMatching(/^bob <bob@corp\.example> +update +jobTitle +it is not planned any more$/),
    ]);
    expect(outcome.next).toContain('plan again');
    expect(outcome.data).toMatchObject({
      revision: 2,
      generation: 2,
      end: 'over',
      isAsPlanned: false,
      counts: { done: 0, overtaken: 2 },
      operations: [
        {
          hash: plan.operations[0]?.hash,
          kind: 'update',
          connector: 'corp',
          standing: 'overtaken',
          property: 'jobTitle',
        },
        {},
      ],
    });
  });

  test('held as the plan said is no failure, whichever of them it is', async () => {
    const world = await linked();
    for (const key of [ada, bob]) await world.fold([{ key, deleted: true, attributes: {} }]);
    const narrow = rules.replace('delete: { max: 1000', 'delete: { max: 1');
    const plan = await planFileOf(world, narrow);
    const said = operationsOf(plan, 'delete').map(({ held }) => held?.length ?? 0);
    expect(said.toSorted()).toEqual([0, 1]);
    // The other one goes first.
    const order = operationsOf(plan, 'delete').toSorted(
      (a, b) => (b.held?.length ?? 0) - (a.held?.length ?? 0),
    );
    const operator = await operatorOf(world);
    const clock = clockOf(world, async (waited) => {
      const keys = [...order.map(({ key }) => key), staff, cyd];
      if (waited === 1) await settle(world, keys, under(world, narrow, 'full', 2));
    });
    const outcome = await applyCommand(world, writePlan(plan), operator, { clock });
    // The other one than it said.
    expect(outcome.data).toMatchObject({
      counts: { held: 1, overtaken: 0 },
      isAsPlanned: true,
      operations: [{ standing: 'held', key: order[1]?.key }],
    });
    expect(outcome.exitCode).toBe(0);
    expect(outcome.next).toBe('Held as the plan said: decide with "dirbridge holds list".');
    // More of them than it said.
    const less = { ...plan, operations: plan.operations.map(({ held: _held, ...one }) => one) };
    const unsaid = await applyCommand(world, writePlan(less), operator);
    expect(unsaid.exitCode).toBe(1);
    expect(unsaid.data).toMatchObject({ isAsPlanned: false });
  });
});
