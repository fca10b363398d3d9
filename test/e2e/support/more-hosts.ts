import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChild, type Child } from '../../../local/children.ts';
import type { Cloud } from './cloud.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** One more instance of the function app on the same bus, tables and Graph, as the platform adds them under load. */
export interface MoreHost {
  readonly child: Child;
  readonly log: string[];
  /** As a machine that hangs: its connections stay open, its locks run out. */
  pause(): void;
  goOn(): void;
  /** At once, with whatever it has in hand. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startHost(
  cloud: Pick<Cloud, 'environment'>,
  more: Readonly<Record<string, string>> = {},
  app = path.join(root, 'dist/app'),
): Promise<MoreHost> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dirbridge-host-'));
  const settings = path.join(folder, 'local.settings.json');
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER, ...values } = cloud.environment;
  const Values = {
    ...values,
    ...more,
    AzureWebJobsStorage: values['DIRBRIDGE_STATE'],
    FUNCTIONS_WORKER_RUNTIME: 'node',
  };
  await writeFile(settings, JSON.stringify({ IsEncrypted: false, Values }));
  const log: string[] = [];
  const keep = (line: string) => void log.push(line);
  const command = [process.execPath, path.join(root, 'local/host/main.ts')];
  const child = await startChild('host', [...command, '--app', app, '--settings', settings, '--port', '0'], {
    env: { IDENTITY_ENDPOINT, IDENTITY_HEADER },
    onLine: keep,
    onError: keep,
    readyMs: 90_000,
  });
  const send = (signal: NodeJS.Signals) => void child.process.kill(signal);
  const removed = async () => rm(folder, { recursive: true, force: true });
  return {
    child,
    log,
    pause: () => send('SIGSTOP'),
    goOn: () => send('SIGCONT'),
    async kill() {
      send('SIGKILL');
      await child.ended;
      await removed();
    },
    async stop() {
      // One that is paused cannot end.
      send('SIGCONT');
      await child.stop();
      await removed();
    },
  };
}
