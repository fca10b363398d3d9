import { SyncError } from '../shared/errors/sync-error.ts';
import { queueName } from '../shared/adapters/service-bus/queue-name.ts';
import type { AgentParts } from './agent-parts.ts';
import { isAborted } from './is-aborted.ts';
import { growingPause } from './growing-pause.ts';
import { LeaderTerm, type TermSignals } from './leader/leader-term.ts';
import { Lease } from './lease/lease.ts';

/** How often a standby asks for the lease. */
const standbyMs = 1_000;

/** Takes leadership, leads, and takes it again when it was lost; until stopped, or something fails that waiting does not mend. */
export async function lead(parts: AgentParts, signals: TermSignals): Promise<void> {
  const { clock, random, log, status, publishing } = parts;
  let attempt = 0;
  let isStandbyTold = false;
  while (!signals.soft.aborted) {
    try {
      const lease = await takeLease(parts);
      publishing.outage.end();
      attempt = 0;
      if (lease !== null) {
        isStandbyTold = false;
        await leadTerm(parts, lease, signals);
        continue;
      }
      if (!isStandbyTold) log.info('standby: another agent leads');
      isStandbyTold = true;
      status.become('standby');
      await clock.sleep(standbyMs, signals.soft);
    } catch (error) {
      if (isAborted(signals.soft)) return;
      if (!(error instanceof SyncError) || (error.code !== 'BUS_UNREACHABLE' && error.code !== 'LEASE_LOST'))
        throw error;
      if (error.code === 'BUS_UNREACHABLE') publishing.outage.begin(error);
      else log.warn('leadership was lost', { code: error.code });
      await clock.sleep(growingPause(attempt++, random), signals.soft);
    }
  }
}

function takeLease({ client, clock, log, file }: AgentParts): Promise<Lease | null> {
  const queue = queueName('agent-leases', file.connector);
  return Lease.take(client, { queue, session: file.connector, clock, log });
}

async function leadTerm(parts: AgentParts, lease: Lease, signals: TermSignals): Promise<void> {
  const { log, status } = parts;
  try {
    const term = await LeaderTerm.begin(parts, lease, signals);
    status.lead(() => term.state.current, term.publisher);
    log.info('leading', { epoch: term.state.current.epoch, revision: term.state.current.revision });
    await term.run();
    // Losing the lease ends the loops of a term without an error of their own.
    if (lease.lost.aborted) throw lease.lost.reason as Error;
  } finally {
    status.become('standby');
    await lease.release();
  }
}
