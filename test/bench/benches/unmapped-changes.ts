import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Figure } from '../bench.ts';
import { graphLag, startSyncedLaptop, type SyncedLaptop } from '../lab/synced-laptop.ts';
import { writeUnrelated } from '../lab/unrelated-writes.ts';

const perSecond = 20;

export const unmappedChanges: Bench = {
  name: 'unmapped-changes',
  title: 'what changes that no rule maps cost: messages and requests to Graph',
  async run(say, { isQuick, signal }) {
    const seconds = isQuick ? 10 : 30;
    const synced = await startSyncedLaptop('embedded', 100, say);
    try {
      const before = await counts(synced);
      say(`${seconds} s of ${perSecond} writes a second`);
      const stop = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)]);
      const dns = synced.people.map(({ dn }) => dn);
      const written = await writeUnrelated(synced.directory, dns, perSecond, stop);
      signal.throwIfAborted();
      // Longer than the rest that the agent takes after polls that found nothing.
      await sleep(5_000, undefined, { signal });
      const after = await counts(synced);
      // The agent does look: a change that a rule maps goes through at once.
      const { messages } = await mappedChange(synced);
      const unasked = after.messages - before.messages;
      const requests = after.requests - before.requests;
      return {
        figures: [
          { what: 'changes that no rule maps', value: written, unit: '' },
          none('messages in the pipeline', unasked),
          none('requests to Graph', requests),
          { what: 'messages for one mapped change, for comparison', value: messages, unit: '' },
        ],
        options: {
          'writes a second': perSecond,
          seconds,
          people: synced.people.length,
          'graph lag, ms': graphLag,
        },
        notes: ["not counted: the agent's heartbeats, which come whether or not anything changes"],
      };
    } finally {
      await synced.stop();
    }
  },
};

function none(what: string, value: number): Figure {
  return { what, value, unit: '', aim: { text: '0', isMet: value === 0 } };
}

interface Counts {
  readonly messages: number;
  readonly requests: number;
}

async function counts({ laptop, cloud }: SyncedLaptop): Promise<Counts> {
  const answer = await fetch(`${laptop.busAdmin}/queues`);
  const queues = (await answer.json()) as Readonly<Record<string, { readonly sent: number }>>;
  const pipeline = Object.entries(queues).filter(([name]) => name !== 'agent-reports');
  const messages = pipeline.reduce((sum, [, { sent }]) => sum + sent, 0);
  const { entries } = await cloud.log(0);
  return { messages, requests: entries.length };
}

async function mappedChange(synced: SyncedLaptop): Promise<Counts> {
  const { directory, people } = synced;
  const before = await counts(synced);
  const [person] = people;
  if (person === undefined) throw new Error('nobody was imported');
  await directory.replace(person.dn, { title: ['Mapped'] });
  const deadline = Date.now() + 30_000;
  for (;;) {
    const now = await counts(synced);
    if (now.requests > before.requests)
      return { messages: now.messages - before.messages, requests: now.requests - before.requests };
    if (Date.now() > deadline) throw new Error('a mapped change did not reach Graph within 30 s');
    await sleep(50);
  }
}
