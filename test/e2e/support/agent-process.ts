import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DirectoryFixture } from '../../contract/support/directory/fixture.ts';

/** A machine that does much else takes long; nothing is waited for once it is there. */
export const deadlineMs = 100_000;

export interface AgentOptions {
  readonly name?: string;
  readonly password?: string;
  readonly user?: string;
  /** PEM; null leaves it out. */
  readonly ca?: string | null;
  readonly mode?: 'ldaps' | 'starttls';
  readonly requestTimeout?: string;
  readonly pollInterval?: string;
  /** Domain controllers instead of the fixture's. */
  readonly urls?: readonly string[];
  readonly patience?: string;
}

/** `node agent/entry.ts run` with an agent.yaml of its own; its key lies in the folder already. */
export class AgentProcess {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly lines: Record<string, unknown>[] = [];
  #out = '';
  #stderr = '';

  constructor(
    place: { readonly folder: string; readonly connectionString: string },
    fixture: DirectoryFixture,
    options: AgentOptions & { readonly name: string },
  ) {
    const config = join(place.folder, `${options.name}.yaml`);
    const ca = join(place.folder, `${options.name}.pem`);
    writeFileSync(ca, options.ca ?? String(fixture.tls.ca));
    writeFileSync(
      config,
      JSON.stringify({
        version: 1,
        connector: 'corp',
        agent: options.name,
        directory: {
          type: 'active-directory',
          urls: options.urls ?? [options.mode === 'starttls' ? fixture.ldapUrl : fixture.ldapsUrl],
          tls: {
            mode: options.mode ?? 'ldaps',
            servername: fixture.tls.servername,
            ...(options.ca === null ? {} : { ca }),
          },
          bind: { user: options.user ?? fixture.admin.user, password: { env: 'AGENT_LAB_PASSWORD' } },
          requestTimeout: options.requestTimeout ?? 'PT20S',
          ...(options.patience === undefined ? {} : { patience: options.patience }),
          ...(options.pollInterval === undefined ? {} : { pollInterval: options.pollInterval }),
        },
        bus: { connection: { env: 'AGENT_LAB_BUS' } },
        signingKey: { file: join(place.folder, 'agent.key') },
        log: { level: 'debug', format: 'json' },
      }),
    );
    const env = {
      ...process.env,
      AGENT_LAB_PASSWORD: options.password ?? fixture.admin.password,
      AGENT_LAB_BUS: place.connectionString,
    };
    this.process = spawn(process.execPath, ['agent/entry.ts', 'run', '--config', config], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.on('data', (chunk: Buffer) => this.#read(chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.exited = new Promise((resolve) => this.process.once('close', (code) => resolve(code)));
  }

  get stderr(): string {
    return this.#stderr;
  }

  lastWords(): string {
    return [...this.lines.slice(-8).map((line) => JSON.stringify(line)), this.#stderr].join('\n');
  }

  said(message: string): Record<string, unknown> | undefined {
    return this.lines.find((line) => String(line['msg']).startsWith(message));
  }

  /** Polls its output; a process has no event for a line that somebody else waits for. */
  async untilSaid(message: string): Promise<Record<string, unknown>> {
    const deadline = Date.now() + deadlineMs;
    while (Date.now() < deadline) {
      const line = this.said(message);
      if (line !== undefined) return line;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the agent did not say "${message}"\n${this.lastWords()}`);
  }

  async stop(): Promise<number | null> {
    this.process.kill('SIGTERM');
    return this.exited;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  #read(text: string): void {
    this.#out += text;
    const lines = this.#out.split('\n');
    this.#out = lines.pop() ?? '';
    for (const line of lines)
      if (line.startsWith('{')) this.lines.push(JSON.parse(line) as Record<string, unknown>);
  }
}
