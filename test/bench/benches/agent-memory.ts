import type { Bench } from '../bench.ts';
import { startAgentStand } from '../lab/agent-stand.ts';
import { peakMegabytes } from '../lab/process-cost.ts';

const small = 10_000;
const large = 200_000;

export const agentMemory: Bench = {
  name: 'agent-memory',
  title: `the most memory that the agent takes for a first import of ${small} and of ${large} users`,
  async run(say, { isQuick }) {
    const many = isQuick ? 50_000 : large;
    const [few, all] = [await importAll(small, say), await importAll(many, say)];
    const ratio = all.peak / few.peak;
    return {
      figures: [
        { what: `peak resident memory, ${small} users`, value: few.peak, unit: 'MB' },
        {
          what: `peak resident memory, ${many} users`,
          value: all.peak,
          unit: 'MB',
          reference: { what: `${small} users`, value: few.peak, unit: 'MB' },
          ratio,
          aim: { text: '<= 160 MB and <= 1.15x', isMet: all.peak <= 160 && ratio <= 1.15 },
        },
        { what: `first import, ${many} users`, value: many / all.seconds, unit: 'objects/s' },
      ],
      options: { directory: 'embedded, LDAPS', bus: 'local, real SDK', measured: 'VmHWM' },
    };
  },
};

async function importAll(
  users: number,
  say: (text: string) => void,
): Promise<{ peak: number; seconds: number }> {
  const stand = await startAgentStand(users, say);
  try {
    const { objects, seconds } = stand.imported;
    if (objects < users) throw new Error(`${objects} of ${users} users were imported`);
    const peak = peakMegabytes(stand.agentPid);
    say(`${objects} objects in ${seconds.toFixed(0)} s, ${peak.toFixed(0)} MB`);
    return { peak, seconds };
  } finally {
    await stand.stop();
  }
}
