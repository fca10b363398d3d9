import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { Pipeline } from './pipeline.ts';

const dayMs = 24 * 3_600_000;
/** Deleted rows are kept so long; what is older could bring back what was deleted. */
const rememberedMs = 400 * dayMs;
/** Epochs are moments in the agent's clock, which may be off. A wrong one would win over every later change for ever. */
const aheadMs = dayMs;

/** Refuses versions that fold to something nobody could correct afterwards. */
export function checkVersion(
  pipeline: Pick<Pipeline, 'clock'>,
  envelope: Envelope,
  { epoch }: Pick<Version, 'epoch'>,
): void {
  const now = pipeline.clock.now();
  const context = { message: envelope.id, epoch };
  if (epoch < now - rememberedMs)
    throw new SyncError('TOO_OLD', 'the change was read more than 400 days ago', { context });
  if (epoch > now + aheadMs)
    throw new SyncError(
      'CONTRACT_INVALID',
      "the version's epoch lies more than a day ahead: check the clock",
      {
        context,
      },
    );
}
