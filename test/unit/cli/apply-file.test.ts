import { readFileSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { planPageMark } from '../../../cli/plan/plan-page.ts';
import type { PlanFile } from '../../../cli/plan/plan-file.ts';
import { keyIn, user, type World } from '../pipeline-review/world.ts';
import { applyCommand, folder, planFileOf, putLatest, writeFile, writePlan } from './apply-scene.ts';
import { newWorld, publish, rules } from './plan-scene.ts';

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ada = keyIn('p00', 0);

async function planned(): Promise<{ readonly world: World; readonly plan: PlanFile }> {
  const world = newWorld();
  await publish(world, rules);
  await world.fold([user(ada, 'ada')]);
  return { world, plan: await planFileOf(world) };
}

/** Refused without asking anybody. */
async function refusal(
  world: World,
  file: string,
): Promise<{ message: string; exitCode: number; action: string }> {
  const error: unknown = await applyCommand(world, file, null).catch((thrown: unknown) => thrown);
  return error as { message: string; exitCode: number; action: string };
}

describe('a file that is no plan to apply', () => {
  test.each([
    ['other.json', '{"precious":true}', 'is no plan', 'dirbridge plan --rules'],
    ['rules.yaml', rules, 'is no plan', 'dirbridge plan --rules'],
    ['empty.json', '', 'is no plan', '--out'],
    ['plan.html', `${planPageMark}<html>`, 'is no plan but the page of one', '--out'],
    ['cut.json', '{"kind":"dirbridge-plan","version":1,"at":17', 'cut off or damaged', 'Make it anew'],
    ['less.json', '{"kind":"dirbridge-plan","version":1}', 'is no whole plan: at: ', 'Make it anew'],
    [
      'newer.json',
      '{"kind":"dirbridge-plan","version":2,"at":1}',
      'version 2; this command knows version 1',
      'same version',
    ],
  ])('%s is named, with what to do: exit code 2', async (name, text, why, action) => {
    const file = writeFile(name, text);
    const refused = await refusal(newWorld(), file);
    expect(refused).toMatchObject({ exitCode: 2, action: expect.stringContaining(action) as string });
    expect(refused.message).toContain(file);
    expect(refused.message).toContain(why);
  });

  test('one that is not there, and a folder', async () => {
    expect(await refusal(newWorld(), `${folder}/no.json`)).toMatchObject({
      exitCode: 2,
      message: `there is no ${folder}/no.json`,
    });
    expect(await refusal(newWorld(), folder)).toMatchObject({ exitCode: 2, message: `${folder}: EISDIR` });
  });

  test('one of which the end is missing', async () => {
    const { world, plan } = await planned();
    const whole = writePlan(plan);
    const text = readFileSync(whole, 'utf8');
    expect((await refusal(world, writeFile('half.json', text.slice(0, -4)))).message).toContain('cut off');
  });

  test('one made before anything was published', async () => {
    const { world, plan } = await planned();
    const refused = await refusal(world, writePlan({ ...plan, base: null }));
    expect(refused).toMatchObject({
      exitCode: 2,
      action: expect.stringContaining('Publish rules first') as string,
    });
  });

  test('one whose rules were changed by hand', async () => {
    const { world, plan } = await planned();
    const [file] = plan.rules.files;
    const files = [{ name: 'rules.yaml', text: (file?.text ?? '').replace("'[title]'", `'"Boss"'`) }];
    const refused = await refusal(world, writePlan({ ...plan, rules: { ...plan.rules, files } }));
    expect(refused).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('not those of the hash') as string,
    });
  });
});

describe('a plan that is not the last word', () => {
  test('other rules in force, also under the same number: exit code 3, and plan again', async () => {
    const { world, plan } = await planned();
    const file = writePlan(plan);
    const hash = plan.base?.hash ?? '';
    for (const latest of [
      { revision: 2, hash, generation: 2 },
      { revision: 1, hash: 'f'.repeat(64), generation: 2 },
      {
        revision: 2,
        hash: plan.rules.hash,
        generation: 2,
        apply: { id: 'e'.repeat(20), at: 1, base: 1, mode: 'full' },
      },
    ]) {
      await putLatest(world, latest);
      expect(await refusal(world, file)).toMatchObject({
        code: 'PLAN_STALE',
        exitCode: 3,
        message: `in force is revision ${latest.revision} (${latest.hash.slice(0, 12)}), and the plan was made upon revision 1 (${hash.slice(0, 12)})`,
        action: expect.stringContaining('Plan again') as string,
      });
    }
  });

  test('seven days old', async () => {
    const { world, plan } = await planned();
    const file = writePlan(plan);
    world.now += 7 * 24 * 3_600_000;
    expect(await refusal(world, file)).toMatchObject({ code: 'PLAN_STALE', exitCode: 3 });
  });

  test('nothing in force any more', async () => {
    const { plan } = await planned();
    expect(await refusal(newWorld(), writePlan(plan))).toMatchObject({ code: 'PLAN_STALE', exitCode: 3 });
  });
});

test('a plan without operations under the rules in force has nothing to do', async () => {
  const { world, plan } = await planned();
  const { text, data, exitCode } = await applyCommand(world, writePlan({ ...plan, operations: [] }), null);
  expect(text).toBe(
    'nothing to do: the rules of the plan are in force (revision 1), and it names no operation',
  );
  expect({ exitCode, data }).toMatchObject({ exitCode: undefined, data: { revision: 1, operations: [] } });
});
