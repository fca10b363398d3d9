import { setTimeout as sleep } from 'node:timers/promises';
import type { Finished } from './product.ts';
import type { Laptop } from './laptop.ts';

const patienceMs = 40_000;

/** What an operator does first, by the operator's own command: trust the agent that has introduced itself, publish rules. */
export async function firstSteps(laptop: Laptop, rules: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  // The agent's first words take a moment; until then there is no key to trust.
  for (;;) {
    const trusted = await laptop.command('agents', 'trust', '--yes');
    if (trusted.code === 0) break;
    if (Date.now() >= deadline) throw new Error(`dirbridge agents trust: ${saidBy(trusted)}`);
    await sleep(200);
  }
  await publish(laptop, rules);
}

export async function publish(laptop: Laptop, rules: string): Promise<string> {
  const published = await laptop.command('rules', 'publish', rules);
  if (published.code !== 0) throw new Error(`dirbridge rules publish: ${saidBy(published)}`);
  return published.stdout.trim();
}

const saidBy = ({ stdout, stderr }: Finished): string => `${stderr}${stdout}`.trim();
