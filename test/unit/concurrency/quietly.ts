import { lookAhead } from '../../../functions/pipeline/run-slice.ts';
import { connector, type World } from '../pipeline-review/world.ts';

const roundsMax = 60;

/** Turns of all partitions until none has anything left to do within minutes; wake-ups go from one to another. */
export async function quietly(world: World, partitions: readonly string[]): Promise<void> {
  for (let round = 0; round < roundsMax; round += 1) {
    for (const partition of partitions) await world.turns(partition);
    const looks = await Promise.all(
      partitions.map((partition) => lookAhead(world.pipeline, { connector, partition })),
    );
    const works = await Promise.all(partitions.map((partition) => world.work(partition)));
    const isDue = looks.some(
      ({ due, nextAt }) => due.length > 0 || (nextAt ?? Infinity) < world.now + 300_000,
    );
    if (!isDue && works.every((work) => work?.work == null)) return;
  }
  throw new Error(`still at work after ${roundsMax} rounds`);
}
