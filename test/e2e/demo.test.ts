import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const patienceMs = 300_000;

/** `npm run demo` as a process, without a terminal. */
class Demo {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  #output = '';
  #listeners: (() => void)[] = [];

  constructor(...args: string[]) {
    this.process = spawn(process.execPath, ['local/demo/main.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        for (const wake of this.#listeners.splice(0)) wake();
      });
    this.exited = once(this.process, 'close').then(([code]) => code as number | null);
    void this.exited.then(() => {
      for (const wake of this.#listeners.splice(0)) wake();
    });
  }

  get output(): string {
    return this.#output;
  }

  line(start: string): string {
    return this.#output.split('\n').findLast((line) => line.startsWith(start)) ?? '';
  }

  async untilSaid(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.process.exitCode !== null)
        throw new Error(`the demo ended before it said "${text}":\n${this.#output}`);
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  get pids(): number[] {
    return [...this.line('pids').matchAll(/ (\d+)/g)].map(([, pid]) => Number(pid));
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    await this.exited;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('npm run demo', () => {
  const folders: string[] = [];
  let demo: Demo | undefined;
  const start = (...args: string[]) => (demo = new Demo(...args));
  const makeFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'dirbridge-demo-test-'));
    folders.push(folder);
    return folder;
  };
  afterEach(async () => {
    await demo?.stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it(
    'imports, compares, plays the story and ends with 0, equal on both sides',
    { timeout: patienceMs },
    async () => {
      const run = start('--users', '40');
      expect(await run.exited, run.output).toBe(0);
      expect(run.line('result'), run.output).toMatch(
        /^result {3}equal; 0 unexpected writes; p50 \d+.*; exit 0$/,
      );
      expect(run.line('import')).toMatch(/^import {3}60\/60 {2}\d+\/s/);
      expect(run.output).toMatch(/^compare {2}40 users, 20 groups, \d+ members, \d+ attributes: equal$/m);
      expect(run.line('title changes')).toMatch(/PATCH user: jobTitle +\d/);
      expect(run.line('hire')).toMatch(/POST user .*members/);
      expect(run.line('leaver')).toMatch(/accountEnabled; POST user: revokeSignInSessions/);
      expect(run.line('member removed')).toMatch(/DELETE group: members +\d/);
      expect(run.line('unit renamed')).toMatch(/nothing$/);
      expect(run.line('restore')).toMatch(/POST deletedItems: restore/);
      expect(run.line('delete storm (30)')).toMatch(/20 deleted, 10 held +see: dirbridge holds list$/);
      expect(run.line('one approved')).toMatch(/DELETE user/);
      expect(run.line('9 rejected')).toMatch(/nothing$/);
      // Not a terminal: no escape codes.
      expect(run.output).not.toContain('\u001b');
      expect(run.pids).toHaveLength(6);
      expect(run.pids.filter(isAlive)).toEqual([]);
    },
  );

  it('names what differs, and who wrote it, and ends with 1', { timeout: patienceMs }, async () => {
    const folder = makeFolder();
    const run = start('--users', '40', '--folder', folder);
    await run.untilSaid('compare ');
    const { graph } = JSON.parse(readFileSync(join(folder, 'addresses.json'), 'utf8')) as { graph: string };
    await plant(graph);
    expect(await run.exited, run.output).toBe(1);
    expect(run.output).toMatch(/^differs {2}user .+@contoso\.com, city: expected ".+", found "Atlantis"$/m);
    expect(run.output).toMatch(/^unasked {2}.+: PATCH \/v1\.0\/users\/.+ \(204\)$/m);
    expect(run.line('result')).toMatch(/^result {3}different; 1 unexpected writes; .*exit 1$/);
    expect(run.pids.filter(isAlive)).toEqual([]);
  });

  it('stops everything at Ctrl-C', { timeout: patienceMs }, async () => {
    const folder = makeFolder();
    const run = start('--users', '40', '--folder', folder);
    await run.untilSaid('pids ');
    run.process.kill('SIGINT');
    expect(await run.exited, run.output).toBe(130);
    expect(run.pids).toHaveLength(6);
    expect(run.pids.filter(isAlive)).toEqual([]);
  });

  it('says which process died, and stops the others', { timeout: patienceMs }, async () => {
    const run = start('--users', '40');
    await run.untilSaid('pids ');
    process.kill(run.pids[4] ?? 0, 'SIGKILL');
    expect(await run.exited, run.output).toBe(1);
    expect(run.output).toContain('demo: host ended by itself (SIGKILL)');
    expect(run.pids.filter(isAlive)).toEqual([]);
  });

  it.each([
    { name: 'an unknown flag', args: ['--nonsense'], status: 2, text: '--nonsense' },
    { name: 'too few users', args: ['--users', '5'], status: 2, text: 'from 40 to 2000' },
    { name: 'a directory that is none', args: ['--directory', 'nds'], status: 2, text: 'embedded or samba' },
    { name: 'help', args: ['--help'], status: 0, text: '--keep' },
  ])('exits by its flags: $name', async ({ args, status, text }) => {
    const run = start(...args);
    expect(await run.exited).toBe(status);
    expect(run.output).toContain(text);
  });

  /** Somebody changes a user in the cloud who has no part in the story: the head of the company. */
  async function plant(graph: string): Promise<void> {
    const post = async (path: string, body: unknown) =>
      (await (await fetch(`${graph}${path}`, { method: 'POST', body: JSON.stringify(body) })).json()) as {
        access_token: string;
      };
    const { access_token: token } = await post('/_local/token', {});
    const { users } = (await (await fetch(`${graph}/_local/objects`)).json()) as {
      users: { id: string; manager: string | null }[];
    };
    const head = users.find(({ manager }) => manager === null);
    const answer = await fetch(`${graph}/v1.0/users/${head?.id ?? ''}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ city: 'Atlantis' }),
    });
    expect(answer.status).toBe(204);
  }
});
