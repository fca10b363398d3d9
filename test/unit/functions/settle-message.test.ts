import { describe, expect, test } from 'vitest';
import { findingsOf } from '../../../cli/commands/status-findings.ts';
import { readWaiting } from '../../../cli/state/read-notes.ts';
import type { Status } from '../../../cli/state/status.ts';
import { settleMessage } from '../../../functions/settle-message.ts';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import { World } from '../pipeline-review/world.ts';

const minute = 60_000;
const outage = () => new SyncError('BUS_UNREACHABLE', 'the namespace does not answer');

/** What `dirbridge status` finds at this moment of the world. */
async function found(
  world: World,
): Promise<readonly { readonly what: string; readonly since: number | null }[]> {
  const waiting = await readWaiting(world.tables, world.now);
  const status = { at: world.now, rules: null, agents: { keys: [], statuses: new Map() }, connectors: [] };
  return findingsOf({ ...status, quota: [], poison: [], waiting } as unknown as Status);
}
const body = (world: World) => ({ envelope: world.envelope('p07') });

describe('a message that waits out an outage', () => {
  test('is told after a minute, by its partition, for as long as it waits', async () => {
    const world = new World();
    const startedAt = world.now;
    const seen: string[][] = [];
    await settleMessage(world.pipeline, 'changes', body(world), async () => {
      const findings = await found(world);
      if (world.now < startedAt + minute) expect(findings).toEqual([]);
      seen.push(findings.map(({ what }) => what));
      if (world.now < startedAt + 4 * minute) throw outage();
      expect(findings).toMatchObject([{ weight: 'bad', about: 'corp', since: startedAt }]);
    });
    expect(seen.at(-1)).toEqual([
      'nothing of queue changes moves in partition p07: BUS_UNREACHABLE: the namespace does not answer',
    ]);
    expect(await found(world), 'it is over').toEqual([]);
  });

  test('which is given back keeps the time since when, and is told no more where nobody waits', async () => {
    const world = new World();
    const startedAt = world.now;
    const given = body(world);
    const wait = settleMessage(world.pipeline, 'changes', given, () => Promise.reject(outage()));
    await expect(wait).rejects.toThrow('does not answer');
    const again = settleMessage(world.pipeline, 'changes', given, () => Promise.reject(outage()));
    await expect(again).rejects.toThrow('does not answer');
    expect(await found(world)).toMatchObject([{ since: startedAt }]);
    world.now += 10 * minute;
    expect(await found(world)).toEqual([]);
  });

  test('while nothing can be written down either is waited for all the same', async () => {
    const world = new World();
    const startedAt = world.now;
    world.tables.before = () => {
      throw new SyncError('STATE_UNREACHABLE', 'no tables');
    };
    await settleMessage(world.pipeline, 'changes', body(world), () =>
      world.now < startedAt + 3 * minute ? Promise.reject(outage()) : Promise.resolve(),
    );
    expect(world.now - startedAt).toBeGreaterThanOrEqual(3 * minute);
  });
});
