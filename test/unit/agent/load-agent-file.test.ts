import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { durationMs } from '../../../agent/configuration/agent-file.ts';
import { parseAgentFile } from '../../../agent/configuration/load-agent-file.ts';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import { agentFileReference } from '../../../scripts/docs/agent-file.ts';

const good = `version: 1
connector: corp
agent: relay-1
directory:
  type: active-directory
  urls: [ldaps://dc1.corp.example]
  tls: { mode: ldaps }
  bind: { user: svc@corp.example, password: { env: BIND } }
bus:
  connection: { env: BUS }
signingKey: { file: agent.key }
`;

function problemsOf(text: string): string[] {
  try {
    parseAgentFile(text, 'agent.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(SyncError);
    expect((error as SyncError).code).toBe('CONFIG_INVALID');
    return (error as SyncError).message.split('\n');
  }
  return [];
}

describe('agent.yaml', () => {
  it('has defaults for all that is not said', () => {
    const file = parseAgentFile(good, 'agent.yaml');
    expect(file.directory).toMatchObject({
      namingContexts: 'auto',
      requestTimeout: 'PT30S',
      pollInterval: 'PT0.05S',
    });
    expect(file.log).toEqual({ level: 'info', format: 'auto' });
  });

  it('is what the sample shows', () => {
    expect(problemsOf(readFileSync('agent/agent.sample.yaml', 'utf8'))).toEqual([]);
  });

  it('has its reference page as it is generated', () => {
    expect(readFileSync('docs/reference/agent-file.md', 'utf8').trim()).toBe(agentFileReference().trim());
  });

  test.each([
    [
      'an unknown key',
      ['directory:\n', 'directory:\n  urlz: []\n'],
      /^agent\.yaml:5:3: unknown key "directory\.urlz"; did you mean "urls"\?$/,
    ],
    [
      'an unknown key on top',
      ['version: 1\n', 'version: 1\nsigningkey: x\n'],
      /^agent\.yaml:2:1: unknown key "signingkey"; did you mean "signingKey"\?$/,
    ],
    [
      'an unknown key that resembles nothing',
      ['version: 1\n', 'version: 1\nzzzzzzzz: x\n'],
      /^agent\.yaml:2:1: unknown key "zzzzzzzz"$/,
    ],
    ['a missing key', ['connector: corp\n', ''], /connector is missing$/],
    [
      'a connector that is no name',
      ['connector: corp', 'connector: Corp_1'],
      /^agent\.yaml:2:12: connector: a connector name is 2 to 20/,
    ],
    [
      'a password in the file',
      ['{ env: BIND }', 'hunter2'],
      /^agent\.yaml:8:45: directory\.bind\.password: a secret is given as/,
    ],
    ['another version', ['version: 1', 'version: 2'], /^agent\.yaml:1:10: version: /],
    [
      'a URL of another kind',
      ['ldaps://dc1.corp.example', 'https://dc1'],
      /directory\.urls\.0: a URL is written ldaps:\/\/host/,
    ],
    [
      'a URL that does not fit the mode',
      ['ldaps://', 'ldap://'],
      /ldap:\/\/dc1\.corp\.example does not fit directory\.tls\.mode ldaps$/,
    ],
    [
      'no encryption to another host',
      [
        'urls: [ldaps://dc1.corp.example]\n  tls: { mode: ldaps }',
        'urls: [ldap://dc1.corp.example]\n  tls: { mode: none }',
      ],
      /would send the password in the clear to dc1\.corp\.example/,
    ],
    [
      'two ways to the bus',
      ['connection: { env: BUS }', 'connection: { env: BUS }\n  namespace: a.servicebus.windows.net'],
      /exactly one of connection and namespace$/,
    ],
    [
      'a namespace without a credential',
      ['connection: { env: BUS }', 'namespace: a.servicebus.windows.net'],
      /belong together$/,
    ],
    [
      'a duration that is none',
      ['bind:', 'requestTimeout: 30s\n  bind:'],
      /directory\.requestTimeout: a duration is written like PT30S/,
    ],
    ['YAML that is none', ['version: 1', 'version: [1'], /^agent\.yaml:\d+:\d+: /],
  ] as const)('refuses %s, and says where', (_what, [find, replace], expected) => {
    const text = good.replace(find, replace);
    expect(text).not.toBe(good);
    expect(problemsOf(text).filter((problem) => expected.test(problem))).toHaveLength(1);
  });

  it('takes no encryption on loopback', () => {
    const text = good
      .replace('ldaps://dc1.corp.example', 'ldap://127.0.0.1:389')
      .replace('mode: ldaps', 'mode: none');
    expect(problemsOf(text)).toEqual([]);
  });

  it('never repeats a secret that was put into the file', () => {
    expect(problemsOf(good.replace('{ env: BIND }', 'hunter2')).join('\n')).not.toContain('hunter2');
  });

  test.each([
    ['PT30S', 30_000],
    ['PT0.05S', 50],
    ['PT15M', 900_000],
    ['PT1H30M', 5_400_000],
  ])('reads the duration %s', (text, ms) => expect(durationMs(text)).toBe(ms));
});
