import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../cli/main.ts';
import { commandProgram } from '../../../cli/program.ts';
import { fakeIo } from './fake-io.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-cli-unit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(line: string, env: Record<string, string> = {}) {
  const io = fakeIo({ env });
  const code = await runCommand(line === '' ? [] : line.split(' '), io);
  return { code, out: io.out.join(''), err: io.err.join('') };
}

const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
const nameOf = (command: Command): string =>
  command.parent === null ? '' : `${nameOf(command.parent)} ${command.name()}`.trim();
const commands = leaves(commandProgram(() => Promise.resolve())).map(nameOf);

describe('usage', () => {
  test('there are the commands that the product promises', () => {
    expect(commands).toEqual([
      'rules validate',
      'rules lint',
      'rules test',
      'rules eval',
      'rules publish',
      'expressions eval',
      'plan',
      'apply',
      'agents list',
      'agents trust',
      'agents revoke',
      'holds list',
      'holds approve',
      'holds reject',
      'status',
      'explain',
      'quarantine list',
      'journal',
    ]);
  });

  test.each(commands)('%s --help has examples and the options of every command', async (name) => {
    const { code, out, err } = await run(`${name} --help`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`$ dirbridge ${name}`);
    expect(out).toContain('--json');
    expect(out).toContain('--env-file');
  });

  test.each([
    ['stauts', 'Did you mean status?'],
    ['holds aprove x', 'Did you mean approve?'],
    ['holds list --limt 3', 'Did you mean --limit?'],
    ['holds list --limit 0', 'whole number from 1'],
    ['holds list extra', 'too many arguments'],
    ['rules validate', "missing required argument 'paths'"],
    ['', 'Usage: dirbridge'],
    ['agents', 'Usage: dirbridge agents'],
    ['holds approve', 'name what is meant'],
    ['holds reject --all 00000000000000000000', 'not both'],
    ['holds approve 123 --yes', "'123' is no hash of a hold"],
    ['journal --since yesterday', '--since yesterday is no time'],
    ['journal --key me', 'no source key'],
    ['rules validate no/such/rules.yaml', 'there is no no/such/rules.yaml'],
    ['status --env-file no/such.env', '--env-file no/such.env: ENOENT'],
  ])("'%s' is wrong usage and says why", async (line, why) => {
    const { code, out, err } = await run(line, { DIRBRIDGE_STATE: 'UseDevelopmentStorage=true' });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });
});

describe('settings', () => {
  test('reading needs no operator function, changing names all that is missing at once', async () => {
    const reading = await run('status');
    expect(reading.code).toBe(2);
    expect(reading.err).toContain('DIRBRIDGE_STATE is missing');
    expect(reading.err).not.toContain('OPERATOR');
    const file = path.join(folder, 'minimal.yaml');
    writeFileSync(file, minimalRules);
    const changing = await run(`rules publish ${file}`);
    expect(changing.code).toBe(2);
    for (const name of ['DIRBRIDGE_STATE', 'DIRBRIDGE_OPERATOR_URL', 'DIRBRIDGE_OPERATOR_AUDIENCE'])
      expect(changing.err).toContain(`${name} is missing`);
  });

  test('a file of settings replaces those of the environment and adds to the rest', async () => {
    const file = path.join(folder, 'some.env');
    writeFileSync(file, '# a comment\nDIRBRIDGE_STAT=x\nIDENTITY_HEADER="from the file"\n');
    const env = { DIRBRIDGE_STATE: 'UseDevelopmentStorage=true', IDENTITY_HEADER: 'before', HOME: '/home/x' };
    const { code, err } = await run(`status --env-file ${file}`, env);
    expect(code).toBe(2);
    expect(err).toContain('did you mean DIRBRIDGE_STATE?');
    expect(err).toContain('DIRBRIDGE_STATE is missing');
    expect(env).toEqual({ DIRBRIDGE_STAT: 'x', IDENTITY_HEADER: 'from the file', HOME: '/home/x' });
  });
});

const minimalRules = `version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[displayName]'
      accountEnabled: '"True"'
`;

describe('rules validate', () => {
  test('valid rules are summed up, in text and as one document', async () => {
    const file = path.join(folder, 'valid.yaml');
    writeFileSync(file, minimalRules);
    const text = await run(`rules validate ${file}`);
    expect(text).toMatchObject({ code: 0, err: '' });
    expect(text.out).toMatch(
      /^valid: 1 file, hash [0-9a-f]{12}\nSYNC {3}FROM {7}TO {10}FLOWS\nusers {2}corp user {2}cloud user {2}4\n$/,
    );
    const json = await run(`rules validate ${file} --json`);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: true,
      syncs: [{ name: 'users', from: { connector: 'corp', class: 'user' }, flows: 4 }],
    });
  });

  test('a folder stands for its YAML files; problems come with their place and fail', async () => {
    const rules = mkdtempSync(path.join(folder, 'rules-'));
    writeFileSync(
      path.join(rules, 'a.yaml'),
      minimalRules.replace('[displayName]', 'Nonsense([displayName])'),
    );
    writeFileSync(path.join(rules, 'notes.txt'), 'not rules');
    const { code, out, err } = await run(`rules validate ${rules}`);
    expect(code).toBe(1);
    expect(out).toMatch(/a\.yaml:12:\d+ {2}.*Nonsense/);
    expect(err).toBe('1 problem in 1 file\n');
    const json = await run(`--json rules validate ${rules}`);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, problems: [{ line: 12 }] });
  });

  test('a folder without rules and a file named twice are wrong usage', async () => {
    const empty = mkdtempSync(path.join(folder, 'empty-'));
    expect(await run(`rules validate ${empty}`)).toMatchObject({ code: 2 });
    const file = path.join(folder, 'valid.yaml');
    writeFileSync(file, minimalRules);
    expect((await run(`rules validate ${file} ${file}`)).err).toContain('named twice');
  });

  test('two files of one base name are not published under it', async () => {
    const env = {
      DIRBRIDGE_STATE: 'UseDevelopmentStorage=true',
      DIRBRIDGE_OPERATOR_URL: 'http://127.0.0.1:9',
      DIRBRIDGE_OPERATOR_AUDIENCE: 'api://dirbridge',
    };
    const [connectors = '', syncs = ''] = minimalRules.split(/(?=^syncs:)/m);
    const other = mkdtempSync(path.join(folder, 'other-'));
    writeFileSync(path.join(folder, 'same.yaml'), connectors);
    writeFileSync(path.join(other, 'same.yaml'), `version: 1\n${syncs}`);
    const line = `rules publish ${path.join(folder, 'same.yaml')} ${path.join(other, 'same.yaml')}`;
    const { code, err } = await run(line, env);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('called same.yaml') as string,
    });
  });
});

test('a failure with --json is one document on standard output, the message on standard error', async () => {
  const { code, out, err } = await run('status --json');
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'CONFIG_INVALID' } });
  expect(err).toMatch(/^error: /);
});

test('so is wrong usage', async () => {
  const { code, out } = await run('holds list --limit 0 --json');
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({
    error: { code: 'USAGE', message: expect.stringContaining('--limit') as string },
  });
  expect(JSON.parse((await run('holds --json')).out)).toMatchObject({
    error: { message: 'a command is missing' },
  });
});

test('Ctrl-C ends with 130 and without a trace', async () => {
  const io = fakeIo({ env: { DIRBRIDGE_STATE: 'UseDevelopmentStorage=true' } });
  const running = runCommand(['agents', 'trust', '--wait', '60'], io);
  io.interrupt();
  expect(await running).toBe(130);
  expect(io.out.join('')).toBe('');
  expect(io.err.join('')).toBe('\ninterrupted\n');
});
