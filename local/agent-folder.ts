import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child, ChildOptions } from './children.ts';
import { clearedEnvironment } from './cleared-environment.ts';
import { run } from './product.ts';

/** What the agent's file says about a directory. */
export interface ReadDirectory {
  readonly ldaps: string;
  readonly servername: string;
  readonly caFile: string;
  readonly account: { readonly user: string };
}

/** The built relay agent with a key and a file of its own, which lie in one folder. */
export class AgentFolder {
  readonly #script: string;
  readonly #key: string;
  readonly #file: string;

  /** @param script the built agent */
  constructor(folder: string, script = join(folder, 'agent.cjs')) {
    this.#script = script;
    this.#key = join(folder, 'agent.key');
    this.#file = join(folder, 'agent.yaml');
  }

  /** In place of one from an earlier run. @returns its id, by which it is trusted */
  async makeKey(): Promise<string> {
    await rm(this.#key, { force: true });
    const made = await run([process.execPath, this.#script, 'keygen', '--out', this.#key]);
    if (made.code !== 0) throw new Error(`agent keygen: ${made.stderr.trim()}`);
    return (JSON.parse(made.stdout) as { readonly keyId: string }).keyId;
  }

  /** JSON is YAML. */
  async writeFile(connector: string, directory: ReadDirectory): Promise<void> {
    const { ldaps, servername, caFile, account } = directory;
    const file = {
      version: 1,
      connector,
      agent: 'relay-1',
      directory: {
        type: 'active-directory',
        urls: [ldaps],
        tls: { mode: 'ldaps', ca: caFile, servername },
        bind: { user: account.user, password: { env: 'DIRBRIDGE_AGENT_PASSWORD' } },
      },
      bus: { connection: { env: 'DIRBRIDGE_AGENT_BUS' } },
      signingKey: { file: this.#key },
      log: { level: 'info', format: 'json' },
    };
    await writeFile(this.#file, JSON.stringify(file, null, 2));
  }

  get command(): readonly string[] {
    return [process.execPath, this.#script, 'run', '--config', this.#file];
  }

  /** It is ready once it has said that it has started. */
  options(password: string, bus: string): Required<Pick<ChildOptions, 'env' | 'isReady'>> {
    return {
      env: { ...clearedEnvironment, DIRBRIDGE_AGENT_PASSWORD: password, DIRBRIDGE_AGENT_BUS: bus },
      isReady: (line) => (line.includes('agent started') ? (JSON.parse(line) as Child['ready']) : undefined),
    };
  }
}
