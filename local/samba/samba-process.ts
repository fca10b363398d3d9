import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Client } from 'ldapts';

import { renderSmbConf, type SmbConfOptions } from './smb-conf.ts';

interface SambaProcess {
  readonly pid: number;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const readyMs = 60_000;
const stopMs = 8_000;

/**
 * Runs the provisioned folder in the foreground as a single process. Interactive mode (-i) makes Samba end when its
 * standard input closes, so it cannot outlive us, not even after a SIGKILL.
 */
export async function runSamba(options: SmbConfOptions): Promise<SambaProcess> {
  const { folder, address } = options;
  const conf = join(folder, 'etc', 'smb.conf');
  await mkdir(join(folder, 'etc'), { recursive: true });
  await writeFile(conf, renderSmbConf(options));
  await rm(join(folder, 'run', 'samba.pid'), { force: true });
  const logPath = join(folder, 'samba.out');
  const log = await open(logPath, 'w');
  const child = spawn('/usr/sbin/samba', ['-s', conf, '-i', '-M', 'single', '-d1'], {
    stdio: ['pipe', log.fd, log.fd],
    // A Ctrl-C at the terminal is for the owner, which stops Samba itself.
    detached: true,
  });
  let failure: Error | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
  });
  await log.close();
  const { pid } = child;
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await exited;
    clearTimeout(timer);
  };
  const state = await Promise.race([exited.then(() => 'ended' as const), waitForLdap(address)]);
  if (state === 'up' && pid !== undefined) return { pid, exited, stop };
  await stop();
  const lastWords = (await readFile(logPath, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
  const why = failure?.message ?? (state === 'late' ? `no LDAP answer in ${readyMs} ms` : 'it ended at once');
  throw new Error(`Samba did not start on ${address}: ${why}\n${lastWords}`);
}

async function waitForLdap(address: string): Promise<'up' | 'late'> {
  const deadline = Date.now() + readyMs;
  while (Date.now() < deadline) {
    const client = new Client({ url: `ldap://${address}`, timeout: 5_000, connectTimeout: 1_000 });
    try {
      await client.search('', { scope: 'base', attributes: ['highestCommittedUSN'] });
      return 'up';
    } catch {
      await delay(30);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
  return 'late';
}
