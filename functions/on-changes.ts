import { changeSetSchema } from '../shared/contracts/change-set.v1.ts';
import { operatorRequestSchema, workSchema } from '../shared/contracts/cloud-work.v1.ts';
import type { Envelope } from '../shared/contracts/envelope.v1.ts';
import { vanishedSchema } from '../shared/contracts/reading.v1.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { openPayload } from '../shared/model/envelope-seal.ts';
import { appForMessage } from './app-for-message.ts';
import { carryOutRequest } from './operator/carry-out-request.ts';
import { foldChangeSet } from './pipeline/fold-change-set.ts';
import { foldVanishedKeys } from './pipeline/fold-readings.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { runSlice } from './pipeline/run-slice.ts';
import { settleMessage } from './settle-message.ts';
import { wrongQueue } from './wrong-queue.ts';

/** The live lane: one session a partition, so all writes to one object come from one place, in order. */
export async function onChanges(body: unknown): Promise<void> {
  const { pipeline, trust } = await appForMessage();
  await settleMessage(pipeline, 'changes', body, async (envelope) => {
    await trust.check(envelope);
    // A turn knows only when it has looked whether what it takes is live.
    if (envelope.kind === 'work') await handle(pipeline, envelope);
    else await pipeline.way.live(() => handle(pipeline, envelope));
  });
}

async function handle(pipeline: Pipeline, envelope: Envelope): Promise<void> {
  switch (envelope.kind) {
    case 'change-set':
      return foldChangeSet(pipeline, envelope, openPayload(envelope, changeSetSchema));
    case 'vanished':
      return foldVanishedKeys(pipeline, envelope, openPayload(envelope, vanishedSchema));
    case 'work':
      return runSlice(pipeline, placeOf(envelope), openPayload(envelope, workSchema).work);
    case 'operator-request':
      return carryOutRequest(
        pipeline,
        placeOf(envelope),
        openPayload(envelope, operatorRequestSchema).request,
      );
    default:
      throw wrongQueue(envelope);
  }
}

function placeOf(envelope: Envelope) {
  const { connector, partition } = envelope;
  if (partition === null)
    throw new SyncError('CONTRACT_INVALID', `a message of kind ${envelope.kind} names no partition`, {
      context: { message: envelope.id },
    });
  return { connector, partition };
}
