import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../cli/main.ts';
import { fakeIo } from './fake-io.ts';

const rules = path.resolve(import.meta.dirname, '../../../rules/minimal.yaml');
const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-rules-eval-'));
const object = path.join(folder, 'ada.yaml');
const ada = `class: user
dn: CN=Ada,OU=Staff,DC=corp,DC=example
attributes: { sAMAccountName: ada, userPrincipalName: ada@contoso.com, displayName: Ada, userAccountControl: 512 }
`;
beforeAll(() => writeFileSync(object, ada));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv: string[]) {
  const io = fakeIo();
  const code = await runCommand(['rules', 'eval', ...argv], io);
  return { code, out: io.out.join(''), err: io.err.join('') };
}

function objectWith(text: string): string {
  const file = path.join(folder, 'other.yaml');
  writeFileSync(file, text);
  return file;
}

describe('rules eval', () => {
  test('shows every clause and value', async () => {
    const { code, out } = await run(rules, '--object', object);
    expect(code).toBe(0);
    expect(out).toMatch(/^sync users: in scope\n/);
    expect(out).toMatch(/ {2}✓ default exclusion: isCriticalSystemObject\n/);
    expect(out).toMatch(/userPrincipalName +"ada@contoso.com"/);
    const none = ada.replace(', displayName: Ada', '');
    expect((await run(rules, '--object', objectWith(none))).out).toMatch(/displayName +left as it is/);
  });

  test('names the clause that keeps somebody out', async () => {
    const critical = ada.replace('sAMAccountName: ada', 'isCriticalSystemObject: true, sAMAccountName: ada');
    const { out } = await run(rules, '--object', objectWith(critical));
    expect(out).toMatch(/^sync users: out of scope\n/);
    expect(out).toMatch(/ {2}✗ default exclusion: isCriticalSystemObject\n/);
  });

  test('says what was never read, and what no sync wants', async () => {
    const unread = `${ada}unread: [isCriticalSystemObject]\n`;
    expect((await run(rules, '--object', objectWith(unread))).out).toMatch(
      /users: waits\n {2}never read: isCriticalSystemObject/,
    );
    const computer = ada.replace('class: user', 'class: computer');
    expect((await run(rules, '--object', objectWith(computer))).out).toBe(
      'no sync wants an object of this class\n',
    );
  });

  test('does not print what is redacted, and says what is chosen at creation', async () => {
    const file = path.join(folder, 'secret.yaml');
    const flows =
      "flows:\n      jobTitle: 'Redact([title])'\n      employeeType: { value: 'Guid()', apply: create }";
    writeFileSync(file, readFileSync(rules, 'utf8').replace('flows:', flows));
    const titled = objectWith(ada.replace('sAMAccountName: ada', 'title: Countess, sAMAccountName: ada'));
    const { out, err } = await run(file, '--object', titled);
    expect(err).toBe('');
    expect(out).toMatch(/jobTitle +\[Redact\]/);
    expect(out).toMatch(/employeeType +chosen at creation +random/);
    const json = (await run(file, '--object', titled, '--json')).out;
    expect(JSON.parse(json)).toMatchObject({
      projection: { values: { jobTitle: '[Redact]' }, chosen: ['employeeType'] },
    });
    expect(out + json).not.toContain('Countess');
  });

  test('--json gives the projection', async () => {
    const { out } = await run(rules, '--object', object, '--json');
    expect(JSON.parse(out)).toMatchObject({
      sync: 'users',
      projection: { kind: 'in', values: { userPrincipalName: 'ada@contoso.com' } },
    });
  });

  test('what is wrong is told with its place, and what cannot be read', async () => {
    const misspelt = objectWith(ada.replace('attributes', 'atributes'));
    expect(await run(rules, '--object', misspelt)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/:3:1 +unknown key "atributes"\n +Did you mean "attributes"/) as string,
    });
    expect(await run(rules, '--object', path.join(folder, 'nowhere.yaml'))).toMatchObject({ code: 2 });
    expect(await run(rules, '--object', object, '--connector', 'hr')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no source connector hr') as string,
    });
    expect(await run(rules, '--object', object, '--now', 'soon')).toMatchObject({ code: 2 });
  });
});
