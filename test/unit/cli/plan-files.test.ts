import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planFileSchema } from '../../../cli/plan/plan-file.ts';
import { compileRules } from '../../../shared/rules/compile-rules.ts';
import { group, keyIn, user, type World } from '../pipeline-review/world.ts';
import { newWorld, planCommand, publish, rules } from './plan-scene.ts';

const [ada, bob, staff] = [keyIn('p00', 0), keyIn('p01', 0), keyIn('p02', 0)];
const hostile = '</script><img src=x onerror=alert(1)><!--';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-plan-'));
  writeFileSync(inFolder('rules.yaml'), rules);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (name: string): string => path.join(folder, name);

async function world(): Promise<World> {
  const made = newWorld();
  await publish(made, rules);
  for (const [key, name] of [
    [ada, 'ada'],
    [bob, 'bob'],
  ] as const) {
    const one = user(key, name);
    const attributes = { ...one.attributes, displayName: [hostile], manager: [{ r: ada }] };
    await made.fold([{ ...one, attributes }]);
  }
  await made.fold([group(staff, 'staff', [ada, bob])]);
  return made;
}

const run = async (options: { out?: string; html?: string; limit?: number } = {}) =>
  planCommand(await world(), { rules: [inFolder('rules.yaml')], ...options });

describe('--out', () => {
  test('the whole plan, however little is shown, bound to the rules and what was in force', async () => {
    await run({ out: inFolder('plan.json'), limit: 0 });
    const plan = planFileSchema.parse(JSON.parse(readFileSync(inFolder('plan.json'), 'utf8')));
    expect(plan).toMatchObject({ connectors: ['corp'], base: { revision: 1, generation: 1 } });
    // The very rules can be published from it, without paths of this machine.
    expect(plan.rules.files.map(({ name }) => name)).toEqual(['rules.yaml']);
    const compiled = compileRules(plan.rules.files);
    expect(compiled.ok && compiled.rules.hash).toBe(plan.rules.hash);
    const kinds = plan.operations.map(({ kind }) => kind).sort();
    expect(kinds).toEqual(
      ['create', 'create', 'create', 'set-reference', 'set-reference', 'add-member', 'add-member'].sort(),
    );
    expect(new Set(plan.operations.map(({ hash }) => hash)).size).toBe(7);
    expect(plan.operations.find(({ kind }) => kind === 'add-member')).toMatchObject({
      key: staff,
      cloudId: null,
      target: { isMade: true },
      changes: { members: { before: null } },
    });
  });

  test('for its owner alone, nothing left beside it, and written again over an older plan', async () => {
    await run({ out: inFolder('plan.json'), html: inFolder('plan.html') });
    await run({ out: inFolder('plan.json'), html: inFolder('plan.html') });
    for (const name of ['plan.json', 'plan.html']) expect(statSync(inFolder(name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['plan.html', 'plan.json', 'rules.yaml']);
  });

  test('never over something that is no plan, whichever the option, and told before the state is read', async () => {
    const made = await world();
    made.tables.before = () => {
      throw new Error('read too early');
    };
    writeFileSync(inFolder('other.json'), '{"precious":true}');
    for (const option of ['out', 'html'] as const)
      for (const target of ['rules.yaml', 'other.json', '.'])
        await expect(
          planCommand(made, { rules: [inFolder('rules.yaml')], [option]: inFolder(target) }),
        ).rejects.toMatchObject({ exitCode: 2 });
    expect(readFileSync(inFolder('rules.yaml'), 'utf8')).toBe(rules);
    await expect(run({ out: inFolder('plan'), html: inFolder('plan') })).rejects.toThrow('the same file');
  });

  test('a folder that is not there is wrong usage, and leaves nothing', async () => {
    await expect(run({ out: inFolder('no/plan.json') })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('ENOENT') as string,
    });
    expect(readdirSync(folder)).toEqual(['rules.yaml']);
  });
});

describe('--html', () => {
  test('a page that loads nothing, in which no value of the directory is markup', async () => {
    await run({ html: inFolder('plan.html') });
    const page = readFileSync(inFolder('plan.html'), 'utf8');
    expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none';`);
    expect(page).not.toMatch(/<(?:link|img|iframe|object|embed|base)\b|src=["'a-z]*\bhttp|@import|url\(/i);
    expect(page.toLowerCase().split('</script>')).toHaveLength(3);
    expect(page).not.toContain('<img');
    expect(page).toContain(String.raw`\u003c/script>\u003cimg src=x onerror=alert(1)>\u003c!--`);
  });

  test('every object is in it, to be shown on demand', async () => {
    await run({ html: inFolder('plan.html'), limit: 0 });
    const page = readFileSync(inFolder('plan.html'), 'utf8');
    const json = /<script type="application\/json" id="objects">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    const objects = JSON.parse(json) as readonly (readonly unknown[])[];
    expect(objects.map(([sign, className, , key]) => [sign, className, key])).toEqual(
      expect.arrayContaining([
        ['+', 'user', ada],
        ['+', 'user', bob],
        ['+', 'group', staff],
      ]),
    );
    expect(objects).toHaveLength(3);
    // What examples of the summary show is escaped.
    expect(page).toContain('&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;');
  });
});
