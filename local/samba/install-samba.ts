import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';

import { sambaPackages } from './samba-availability.ts';

const policyPath = '/usr/sbin/policy-rc.d';
/** invoke-rc.d reads 101 as "not allowed": nothing that is installed is started. */
const policy = '#!/bin/sh\n# Put here by dirbridge while it installs Samba; removed afterwards.\nexit 101\n';

const apt: readonly (readonly string[])[] = [
  ['update', '-q'],
  ['install', '-q', '-y', '--no-install-recommends', ...sambaPackages],
];

/**
 * Installs Samba by apt without starting any service: a domain controller, file server or winbind on all interfaces
 * is not what a test machine asked for. A policy that somebody else put there decides instead of ours, and stays.
 */
export async function installSamba(): Promise<void> {
  const interruption = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const interrupt = () => interruption.abort();
  for (const signal of signals) process.on(signal, interrupt);
  const isPolicyMissing = !existsSync(policyPath);
  // Ours may be there already: an earlier install was killed before it could take it away.
  const isPolicyOurs = isPolicyMissing || (await readFile(policyPath, 'utf8')) === policy;
  try {
    if (isPolicyMissing) await writeFile(policyPath, policy, { mode: 0o755, flag: 'wx' });
    for (const args of apt) await runApt(args, interruption.signal);
  } finally {
    if (isPolicyOurs) await rm(policyPath, { force: true });
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** An interrupted apt-get is told to end and waited for: without the policy it would start what it has unpacked. */
function runApt(args: readonly string[], interruption: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (interruption.aborted) {
      reject(new Error('interrupted'));
      return;
    }
    const child = spawn('apt-get', args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    const end = () => child.kill('SIGTERM');
    interruption.addEventListener('abort', end);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      interruption.removeEventListener('abort', end);
      if (code === 0) resolve();
      else
        reject(
          new Error(`apt-get ${args[0] ?? ''} ended with ${signal ?? `exit code ${code ?? 'unknown'}`}`),
        );
    });
  });
}
