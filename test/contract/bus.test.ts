import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { startChild, type Child } from '../../local/children.ts';
import { busContract, CONTRACT_QUEUES } from './bus.contract.ts';

let child: Child | undefined;
let directory: string | undefined;

/** The broker as a process of its own, driven by the real SDK in this one. */
busContract(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dirbridge-bus-'));
  const queues = join(directory, 'queues.json');
  await writeFile(queues, JSON.stringify(CONTRACT_QUEUES));
  child = await startChild('bus', [process.execPath, 'local/bus/main.ts', '--queues', queues]);
  const { connectionString, admin } = child.ready;
  return {
    connectionString: String(connectionString),
    async cutConnections() {
      await fetch(`${String(admin)}/connections`, { method: 'DELETE' });
    },
  };
});

afterAll(async () => {
  await child?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true });
});
