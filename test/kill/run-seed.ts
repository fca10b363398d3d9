import { Bustle } from './bustle.ts';
import type { Fall } from './chronicle.ts';
import { Stage } from './stage.ts';
import { Storm } from './storm.ts';
import { judge, type Verdict } from './verdict.ts';

export interface SeedOptions {
  readonly seed: number;
  readonly people: number;
  readonly faults: number;
  readonly say: (text: string) => void;
}

export interface SeedResult extends Verdict {
  readonly seed: number;
  readonly falls: readonly Fall[];
  readonly seconds: number;
  /** Where the processes' logs are kept; null where all was well. */
  readonly logs: string | null;
}

/** Locks, attempts and pauses for retries are waited out, under load several times over. */
const quietMs = 900_000;
const pauseMs = 20;

/** While the import is under way, as many objects change as there are people, and as many faults fall as are ordered. */
export async function runSeed({ seed, people, faults, say }: SeedOptions): Promise<SeedResult> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  let stage: Stage;
  try {
    stage = await Stage.open({ people, graphSpeed: 1, say });
  } catch (error) {
    // Whoever did not start is in the error, with what it said last.
    return { ...failed(error), seed, falls: [], seconds: seconds(), logs: null };
  }
  const verdict = await play(stage, { seed, people, faults, say }).catch(failed);
  const isBad = verdict.failures.length > 0;
  await stage.close({ keepsLogs: isBad });
  return {
    ...verdict,
    seed,
    falls: stage.chronicle.falls,
    seconds: seconds(),
    logs: isBad ? stage.cast.folder : null,
  };
}

const failed = (error: unknown): Verdict => ({
  failures: [error instanceof Error ? error.message : String(error)],
  writes: 0,
  ineffective: 0,
});

async function play(stage: Stage, { seed, people, faults }: SeedOptions): Promise<Verdict> {
  const { cast, company, order, chronicle } = stage;
  await cast.start('agent');
  await cast.configure();
  const storm = new Storm(stage, seed);
  const bustle = new Bustle(company, seed);
  const changes = Math.ceil(people / faults);
  for (let fault = 0; fault < faults; fault += 1) {
    const busy = bustle.go(changes, pauseMs);
    await storm.next();
    await busy;
  }
  await storm.over();
  chronicle.say('the storm is over');
  await stage.quiet(quietMs);
  return judge(cast, company, order);
}
