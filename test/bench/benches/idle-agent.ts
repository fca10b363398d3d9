import { setTimeout as sleep } from 'node:timers/promises';
import { DirectoryClient } from '../../../local/demo/directory-client.ts';
import type { Bench, Figure } from '../bench.ts';
import { startAgentStand, type AgentStand } from '../lab/agent-stand.ts';
import { cpuSeconds } from '../lab/process-cost.ts';
import { writeUnrelated } from '../lab/unrelated-writes.ts';

const users = 20_000;
const writesPerSecond = 50;

export const idleAgent: Bench = {
  name: 'idle-agent',
  title: `processor time of an agent that waits, ${users} users in the embedded directory`,
  async run(say, { isQuick, signal }) {
    const seconds = isQuick ? 10 : 30;
    const stand = await startAgentStand(users, say);
    const directory = await DirectoryClient.open(stand.directory);
    try {
      // What the import left to tidy up is not waiting.
      await sleep(10_000, undefined, { signal });
      say(`watching ${seconds} s without a write`);
      const quiet = await share(stand, seconds, signal);
      say(`watching ${seconds} s with ${writesPerSecond} unrelated writes a second`);
      const before = await stand.sent();
      const stop = new AbortController();
      const dns = generatedUsers(directory.baseDn);
      const writing = writeUnrelated(directory, dns, writesPerSecond, AbortSignal.any([signal, stop.signal]));
      const busy = await share(stand, seconds, signal);
      stop.abort();
      const written = await writing;
      return {
        figures: [
          figure('agent waiting, quiet', quiet, 3),
          figure(`agent waiting, ${writesPerSecond} unrelated writes/s`, busy, 10),
          { what: 'unrelated writes acknowledged', value: written / seconds, unit: '/s' },
          { what: 'messages sent for them', value: (await stand.sent()) - before, unit: '' },
        ],
        options: { users, 'seconds each': seconds, 'poll interval, ms': 50, directory: 'embedded, LDAPS' },
      };
    } finally {
      await directory.close();
      await stand.stop();
    }
  },
};

/** In percent of one core. */
async function share({ agentPid }: AgentStand, seconds: number, signal: AbortSignal): Promise<number> {
  const before = cpuSeconds(agentPid);
  const began = performance.now();
  await sleep(seconds * 1_000, undefined, { signal });
  return ((cpuSeconds(agentPid) - before) / ((performance.now() - began) / 1_000)) * 100;
}

function figure(what: string, percent: number, limit: number): Figure {
  return {
    what,
    value: percent,
    unit: '% of a core',
    aim: { text: `<= ${limit} % of a core`, isMet: percent <= limit },
  };
}

function generatedUsers(baseDn: string): readonly string[] {
  return Array.from(
    { length: 1_000 },
    (_, index) => `CN=User ${String(index + 1).padStart(6, '0')},OU=Generated,${baseDn}`,
  );
}
