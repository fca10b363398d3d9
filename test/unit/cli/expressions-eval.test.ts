import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../cli/main.ts';
import { fakeIo } from './fake-io.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-eval-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv: string[]) {
  const io = fakeIo();
  const code = await runCommand(['expressions', 'eval', ...argv], io);
  return { code, out: io.out.join(''), err: io.err.join('') };
}

function caseFile(...lines: string[]): string {
  const file = path.join(folder, 'cases.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

describe('expressions eval', () => {
  test('prints the value', async () => {
    expect(await run('Append([a], "@contoso.com")', '--attribute', 'a=joe')).toEqual({
      code: 0,
      out: '"joe@contoso.com"\n',
      err: '',
    });
  });

  test('takes an attribute twice for two values, and the other dialect', async () => {
    const { out } = await run(
      '--dialect',
      'connect',
      'UCase([a])',
      '--attribute',
      'a=x',
      '--attribute',
      'a=y=z',
    );
    expect(out).toBe('["X","Y=Z"]\n');
  });

  test('points at what is wrong, says what is meant and exits with 1', async () => {
    const { code, out } = await run('Append(Tolower([a]), "x")');
    expect(code).toBe(1);
    expect(out).toBe(
      [
        'unknown-function at column 8: there is no function Tolower',
        '  Append(Tolower([a]), "x")',
        '         ^',
        'Did you mean ToLower(source, [culture])? Names are case-sensitive.',
        '',
      ].join('\n'),
    );
  });

  test('says what logs would show, and when a flow is ignored', async () => {
    expect((await run('Redact("secret")')).out).toBe('"secret"\nin logs: [Redact]\n');
    expect((await run('IgnoreFlowIfNullOrEmpty([a])')).out).toContain('the flow is ignored');
  });

  test('answers each case of a file by a line', async () => {
    const file = caseFile(
      '{"dialect":"cloud-sync","expression":"CBool([a])","attributes":{"a":true}}',
      '{"expression":"SelectUniqueValue(\\"A\\", \\"b\\")","existing":["a"]}',
      '{"expression":"SelectUniqueValue(\\"a\\", \\"b\\")","existing":["a","B"]}',
      '',
      '{"dialect":"connect","expression":"CGuid(%Id%)","parameters":{"Id":"00112233-4455-6677-8899-aabbccddeeff"}}',
      '{"dialect":"connect","expression":"ConvertToBase64([g])","attributes":{"g":{"$base64":"AAE="}}}',
      '{"expression":"Now()","now":"2026-11-23T12:00:00Z"}',
      '{"expression":"BitAnd([n], 9223372036854775807)","attributes":{"n":"9223372036854775807"}}',
      '{"expression":"Redact([a])","attributes":{"a":["x","y"]}}',
      '{"expression":"IgnoreFlowIfNullOrEmpty([a])","attributes":{"a":null}}',
      '{"expression":"Len(","attributes":{}}',
    );
    const { code, out } = await run('--cases', file);
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { value: true },
      { value: 'b' },
      { error: { code: 'escrow', message: expect.any(String) as string, column: 1 } },
      { value: { $base64: 'MyIRAFVEd2aImaq7zN3u/w==' } },
      { value: 'AAE=' },
      { value: '11/23/2026 12:00:00 PM' },
      { value: '9223372036854775807' },
      { value: ['x', 'y'], logged: '[Redact]' },
      { ignoreFlow: true },
      { error: { code: 'syntax', message: expect.any(String) as string, column: 5 } },
    ]);
  });

  test.each([
    [['--cases', '/nowhere/cases.jsonl'], 'there is no /nowhere/cases.jsonl'],
    [[], 'either an expression or a file'],
    [['1', '--cases', 'x'], 'either an expression or a file'],
    [['1', '--attribute', 'a'], 'written name=value'],
    [['1', '--dialect', 'vba'], 'Allowed choices are'],
  ])('%j is a wrong use', async (argv, message) => {
    const { code, err } = await run(...argv);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) as string });
  });

  test('names file and line of what is no case', async () => {
    const file = caseFile('{"expression":"1"}', '{"expresion":"1"}');
    expect((await run('--cases', file)).err).toContain(`${file}:2: `);
    expect((await run('--cases', caseFile('nonsense'))).err).toContain('this line is not JSON');
  });
});
