import { partitions } from '../shared/model/partition.ts';
import { functionApp } from './composition.ts';
import { refreshManagedCount } from './pipeline/managed-count.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { purgeJournal } from './pipeline/purge-journal.ts';
import { sweepPartition } from './pipeline/sweep-partition.ts';

/** Partitions looked at together: the sweep must not crowd out live changes. */
const partitionsAtOnce = 8;

/** Finds what no message will remind of: due retries and times of grace, lost works, new rules, another mode. */
export async function onSweep(): Promise<void> {
  const { pipeline, settings } = functionApp();
  await purgeOldJournal(pipeline, settings.journalDays);
  const inForce = await pipeline.rules.inForce(0);
  if (inForce === null) return;
  const sources = Object.values(inForce.rules.connectors).filter((connector) => connector.type !== 'entra');
  for (const { name } of sources) {
    await refreshManagedCount(pipeline, name);
    for (let at = 0; at < partitions.length; at += partitionsAtOnce) {
      await Promise.all(
        partitions
          .slice(at, at + partitionsAtOnce)
          .map((partition) => sweepPartition(pipeline, { connector: name, partition }, inForce.generation)),
      );
    }
  }
}

const purgeEveryMs = 10 * 60_000;
let purgedAt = 0;

/** One instance's clock suffices: what two remove at once is removed once. */
async function purgeOldJournal(pipeline: Pipeline, days: number): Promise<void> {
  const now = pipeline.clock.now();
  if (now - purgedAt < purgeEveryMs) return;
  purgedAt = now;
  const rows = await purgeJournal(pipeline, days);
  if (rows > 0) pipeline.log.info('old journal rows were removed', { rows });
}
