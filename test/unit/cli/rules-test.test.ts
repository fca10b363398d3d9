import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../../cli/main.ts';
import { fakeIo } from './fake-io.ts';

const rules = `version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    scope: { under: [{ dn: 'OU=Staff,DC=corp,DC=example' }], where: ['[department] <> "Lab"'], exclude: none }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: { value: '[displayName]', whenNull: keep }
      usageLocation: '[c]'
      manager: { reference: manager }
      employeeType: { value: '"Employee"', apply: create }
      accountEnabled: 'IIF(DateDiff("s", Now(), [whenCreated]) > 0, "False", "True")'
`;

const person = (attributes: string): string => `
    object:
      class: user
      dn: CN=Ada,OU=Staff,DC=corp,DC=example
      attributes: { sAMAccountName: ada, userPrincipalName: ada@contoso.com${attributes} }`;
const good = `version: 1
tests:
  - name: first${person(", manager: 'CN=Bob,OU=Staff,DC=corp,DC=example'")}
    expect:
      values: { mailNickname: ada, employeeType: Employee, usageLocation: null }
      untouched: [displayName]
      references: { manager: 'cn=bob, OU=Staff,DC=corp,DC=example' }
`;
const oneTest = (attributes: string, expectation: string, more = ''): string =>
  `version: 1\n${more}tests:\n  - name: first${person(attributes)}\n    expect: ${expectation}\n`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-rules-test-'));
  writeFileSync(path.join(folder, 'users.yaml'), rules);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text: string, name = 'users.test.yaml'): void => writeFileSync(path.join(folder, name), text);

async function run(...argv: string[]) {
  const io = fakeIo();
  const code = await runCommand(['rules', 'test', ...(argv.length === 0 ? [folder] : argv)], io);
  const plain = (parts: readonly string[]): string => parts.join('').replaceAll(`${folder}/`, '');
  return { code, out: plain(io.out), err: plain(io.err) };
}

describe('rules test', () => {
  test('runs the tests beside the rules and tells each', async () => {
    write(good);
    expect(await run()).toEqual({
      code: 0,
      out: 'users.test.yaml\n  ✓ first\n\n1 test passed\n',
      err: '',
    });
  });

  test('shows what was expected and what was found, and where the test stands', async () => {
    write(good.replace('mailNickname: ada', 'mailNickname: bob').replace('[displayName]', '[usageLocation]'));
    const { code, out } = await run();
    expect(code).toBe(1);
    expect(out).toBe(
      [
        'users.test.yaml',
        '  ✗ first  users.test.yaml:3:5',
        '      mailNickname',
        '        + expected  "bob"',
        '        - found     "ada"',
        '      usageLocation',
        '        + expected  left as it is',
        '        - found     null',
        '',
        '0 tests passed, 1 failed',
        '',
      ].join('\n'),
    );
  });

  test('knows who is out, who waits, and a property with a problem', async () => {
    write(oneTest(', department: Lab', '{ out: department }'));
    expect(await run()).toMatchObject({ code: 0 });
    write(
      oneTest('', '{ waitingFor: [department] }').replace(
        '    expect:',
        '      unread: [department]\n    expect:',
      ),
    );
    expect(await run()).toMatchObject({ code: 0 });
    write(oneTest(', c: Atlantis', '{ problems: { usageLocation: 2 are allowed } }'));
    expect(await run()).toMatchObject({ code: 0 });
  });

  test('the rules that come with the product pass theirs', async () => {
    const { code, out } = await run(path.resolve(import.meta.dirname, '../../../rules'));
    expect(out).toMatch(/\n\d+ tests passed\n$/);
    expect(code).toBe(0);
  });

  test.each([
    ['a problem that nobody expects', ', c: Atlantis', '{ values: { mailNickname: ada } }', /usageLocation/],
    ['in scope where out was expected', '', '{ out: department }', /found +in scope/],
    ['out by another clause', ', department: Lab', '{ out: under }', /out of scope by where/],
    ['in scope where no sync was expected', '', '{ noSync: true }', /found +in scope/],
    ['another manager', '', '{ references: { manager: "CN=X" } }', /found +null/],
    ['another anchor', '', '{ anchor: abc }', /anchor/],
    ['not held', '', '{ heldAtCreation: mailbox }', /heldAtCreation/],
    ['a value that is left alone', '', '{ values: { displayName: Ada } }', /left as it is/],
    ['not waiting', '', '{ waitingFor: [department] }', /found +in scope/],
    ['not failed', '', '{ failed: x }', /found +in scope/],
  ])('fails for %s', async (_, attributes, expectation, shown) => {
    write(oneTest(attributes, expectation));
    const { code, out } = await run();
    expect(code).toBe(1);
    expect(out).toMatch(shown);
  });

  test('takes the time from the test, else from the file', async () => {
    const hired = ', whenCreated: "2026-06-01T00:00:00Z"';
    const disabled = '{ values: { accountEnabled: false } }';
    write(oneTest(hired, disabled));
    expect(await run()).toMatchObject({ code: 0 });
    write(oneTest(hired, disabled, 'now: 2027-01-01T00:00:00Z\n'));
    expect(await run()).toMatchObject({ code: 1 });
    write(
      oneTest(hired, disabled, 'now: 2027-01-01T00:00:00Z\n').replace(
        'name: first',
        'name: first\n    now: 2026-05-01T00:00:00Z',
      ),
    );
    expect(await run()).toMatchObject({ code: 0 });
  });

  test('finds tests below a folder, and the rules that a test names', async () => {
    mkdirSync(path.join(folder, 'deep/er'), { recursive: true });
    write(good.replace('version: 1', 'version: 1\nrules: [../../users.yaml]'), 'deep/er/a.test.yaml');
    expect(await run()).toMatchObject({ code: 0, out: expect.stringContaining('1 test passed') as string });
  });

  test('containers that rules name by GUID are found by their DN', async () => {
    const guid = '11111111-2222-3333-4444-555555555555';
    writeFileSync(
      path.join(folder, 'users.yaml'),
      rules.replace("dn: 'OU=Staff,DC=corp,DC=example'", `guid: '${guid}'`),
    );
    write(oneTest('', '{ out: under }'));
    expect(await run()).toMatchObject({ code: 0 });
    write(
      oneTest(
        '',
        '{ values: { mailNickname: ada } }',
        `containers: { 'ou=staff,dc=corp,dc=example': ${guid} }\n`,
      ),
    );
    expect(await run()).toMatchObject({ code: 0 });
  });

  test.each([
    [
      'an unknown key',
      good.replace('untouched', 'untuched'),
      /users.test.yaml:\d+:\d+.*unknown key "untuched"\n +Did you mean "untouched"/,
    ],
    [
      'outcomes that exclude each other',
      oneTest('', '{ out: a, values: { mail: a } }'),
      /exclude each other/,
    ],
    ['nothing expected', oneTest('', '{}'), /says nothing/],
    [
      'a reference that is no DN',
      oneTest(', manager: bob', '{ anchor: a }'),
      /:\d+:\d+ +manager is a reference: write a DN/,
    ],
    ['bytes as text', oneTest(', mS-DS-ConsistencyGuid: abc', '{ anchor: a }'), /is binary/],
    [
      'a connector that is not there',
      good.replace('version: 1', 'version: 1\nconnector: hr'),
      /no source connector hr; known: corp/,
    ],
    ['bad YAML', 'version: [', /users.test.yaml:1/],
  ])('says what is wrong with a file: %s', async (_, text, message) => {
    write(text);
    const { code, out } = await run();
    expect(code).toBe(1);
    expect(out).toMatch(message);
  });

  test('rules that do not compile are told by their own file and place', async () => {
    write(good);
    writeFileSync(path.join(folder, 'users.yaml'), rules.replace("'[c]'", "'Tolower([c])'"));
    const { code, out } = await run();
    expect(code).toBe(1);
    expect(out).toMatch(/users\.yaml:14:\d+ .*no function Tolower/);
  });

  test('nothing to test is an error, as is a folder that is not there', async () => {
    expect(await run()).toMatchObject({ code: 2, err: expect.stringContaining('no *.test.yaml') as string });
    expect(await run(path.join(folder, 'nowhere'))).toMatchObject({ code: 2 });
  });

  test('a folder of rules is validated without its tests', async () => {
    write(good);
    const io = fakeIo();
    expect(await runCommand(['rules', 'validate', folder], io)).toBe(0);
  });

  test('--json is one document', async () => {
    write(good.replace('mailNickname: ada', 'mailNickname: bob'));
    const { out } = await run(folder, '--json');
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      passed: 0,
      failed: 1,
      problems: [],
      results: [
        {
          name: 'first',
          line: 3,
          column: 5,
          differences: [{ what: 'mailNickname', expected: '"bob"', found: '"ada"' }],
        },
      ],
    });
  });
});
