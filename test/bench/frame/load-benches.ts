import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Bench } from '../bench.ts';

const folder = new URL('../benches/', import.meta.url);

/** Every file of test/bench/benches, by name. @throws Error naming the file that holds no measurement of its name. */
export async function loadBenches(): Promise<readonly Bench[]> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .sort();
  const benches: Bench[] = [];
  // One by one: modules of the SDKs that are required while another import of them is under way fail in Node 24.
  for (const file of files) benches.push(await loadBench(file));
  return benches;
}

async function loadBench(file: string): Promise<Bench> {
  const name = basename(file, '.ts');
  const module = (await import(new URL(file, folder).href)) as Readonly<Record<string, unknown>>;
  const found = Object.values(module).find((value): value is Bench => isBench(value) && value.name === name);
  if (found === undefined) throw new Error(`test/bench/benches/${file} exports no bench named '${name}'`);
  return found;
}

function isBench(value: unknown): value is Bench {
  return typeof value === 'object' && value !== null && 'name' in value && 'run' in value;
}
