import type { LeaseState } from '../lease/lease-state.ts';
import type { AgentParts } from '../agent-parts.ts';
import { isAborted } from '../is-aborted.ts';
import { chooseController } from './choose-controller.ts';

/** How often is looked whether a doubt has ended. */
const pauseMs = 60_000;

/**
 * Looks now and then whether the domain controller that is read has everything by now, or the one that is missed is back;
 * tells once.
 */
export async function watchDoubt(
  { access, clock, log, patienceMs }: Pick<AgentParts, 'access' | 'clock' | 'log' | 'patienceMs'>,
  state: { readonly current: LeaseState },
  signal: AbortSignal,
  onEnded: () => void,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(Math.min(pauseMs, patienceMs), signal);
    if (isAborted(signal)) return;
    const choice = { told: state.current, isPatienceOver: false, now: clock.now() };
    // Who cannot be asked ends no doubt; who should be read instead is found out by reading.
    const chosen = await chooseController(access, choice, log).catch(() => null);
    if (chosen?.isCertain !== true || isAborted(signal)) continue;
    onEnded();
    return;
  }
}
