import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Bench } from '../bench.ts';
import { defaultNeeds } from '../lab/default-needs.ts';
import { readByAgent, type AgentReading } from '../lab/read-by-agent.ts';
import { slapdHint, startSlapd, type Slapd } from '../lab/slapd.ts';

const entries = 50_000;
const pageSizes = [200, 1_000] as const;

export const agentReader: Bench = {
  name: 'agent-reader',
  title: `the agent's paged reader through to sealed change sets against C ldapsearch, slapd with ${entries} entries`,
  async run(say, { isQuick, signal }) {
    const rounds = isQuick ? 2 : 5;
    const slapd = await startSlapd(entries, say);
    try {
      // Once without a clock: slapd's pages come into memory, and all entries must be there.
      const seen = await countByLdapsearch(slapd);
      if (seen !== entries) throw new Error(`ldapsearch found ${seen} of ${entries} entries`);
      const ours: AgentReading[] = [];
      const theirs = new Map<number, number[]>(pageSizes.map((size) => [size, []]));
      for (let round = 0; round < rounds; round += 1) {
        signal.throwIfAborted();
        for (const size of pageSizes) theirs.get(size)?.push(await timeLdapsearch(slapd, size));
        const reading = await readByAgent(slapd, entries);
        if (reading.objects !== entries) throw new Error(`the agent read ${reading.objects} of ${entries}`);
        ours.push(reading);
        say(`round ${round + 1} of ${rounds}: ${Math.round(entries / reading.seconds)} entries/s`);
      }
      const best = (seconds: readonly number[]): number => entries / Math.min(...seconds);
      const rates = pageSizes.map((size) => ({ size, rate: best(theirs.get(size) ?? []) }));
      const fastest = rates.reduce((a, b) => (b.rate > a.rate ? b : a));
      const rate = best(ours.map(({ seconds }) => seconds));
      const ratio = rate / fastest.rate;
      return {
        figures: [
          {
            what: 'agent, read through to change sets',
            value: rate,
            unit: 'entries/s',
            reference: {
              what: `ldapsearch, pages of ${fastest.size}`,
              value: fastest.rate,
              unit: 'entries/s',
            },
            ratio,
            aim: { text: '>= 0.5x (stretch 0.7x)', isMet: ratio >= 0.5 },
          },
          ...rates.map((one) => ({
            what: `C ldapsearch, pages of ${one.size}`,
            value: one.rate,
            unit: 'entries/s',
          })),
          { what: 'messages', value: ours[0]?.messages ?? 0, unit: '' },
          { what: 'payload', value: (ours[0]?.bytes ?? 0) / 1_000_000, unit: 'MB' },
        ],
        options: { entries, rounds, 'best of': rounds, slapd: slapd.version, "agent's pages": 200 },
        notes: [
          'same filter and attributes; the agent reads pages of one window, makes, packs and signs the messages, and sends none',
          'slapd knows no extended-DN control: keys come from objectGUID, manager is kept in the extended form',
          'the time of ldapsearch holds its start, that of the agent does not: it runs for months',
        ],
      };
    } finally {
      await slapd.stop();
    }
  },
};

function ldapsearch({ url, baseDn }: Slapd, pageSize: number): readonly string[] {
  const { attributes } = defaultNeeds();
  const classes = '(|(objectClass=group)(&(objectClass=user)(!(objectClass=computer))))';
  const filter = `(&${classes}(uSNCreated>=0)(uSNCreated<=${entries}))`;
  const options = ['-LLL', '-x', '-H', url, '-b', baseDn, '-E', `pr=${pageSize}/noprompt`];
  return [...options, filter, ...attributes];
}

async function timeLdapsearch(slapd: Slapd, pageSize: number): Promise<number> {
  const began = performance.now();
  const child = spawn('ldapsearch', ldapsearch(slapd, pageSize), { stdio: 'ignore' });
  child.once('error', () => undefined);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`ldapsearch ended with ${code ?? 'a signal'}; ${slapdHint}`);
  return (performance.now() - began) / 1_000;
}

async function countByLdapsearch(slapd: Slapd): Promise<number> {
  const child = spawn('ldapsearch', ldapsearch(slapd, 1_000), { stdio: ['ignore', 'pipe', 'inherit'] });
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('dn:')) count += 1;
  return count;
}
