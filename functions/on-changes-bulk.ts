import { changeSetSchema } from '../shared/contracts/change-set.v1.ts';
import type { Envelope } from '../shared/contracts/envelope.v1.ts';
import { importCompleteSchema, listCompleteSchema } from '../shared/contracts/reading.v1.ts';
import { openPayload } from '../shared/model/envelope-seal.ts';
import { appForMessage } from './app-for-message.ts';
import { foldChangeSet } from './pipeline/fold-change-set.ts';
import { foldImportEnd, foldListEnd } from './pipeline/fold-readings.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { settleMessage } from './settle-message.ts';
import { wrongQueue } from './wrong-queue.ts';

/** The bulk lane: pages of imports, in any order and many at once; folded only. */
export async function onChangesBulk(body: unknown): Promise<void> {
  const { pipeline, trust } = await appForMessage();
  await settleMessage(pipeline, 'changes-bulk', body, async (envelope) => {
    await trust.check(envelope);
    const { way, tables } = pipeline;
    await way.bulk(() => handle({ ...pipeline, tables: way.givingWay(tables) }, envelope));
  });
}

async function handle(pipeline: Pipeline, envelope: Envelope): Promise<void> {
  switch (envelope.kind) {
    case 'change-set':
      return foldChangeSet(pipeline, envelope, openPayload(envelope, changeSetSchema));
    case 'list-complete':
      return foldListEnd(pipeline, envelope, openPayload(envelope, listCompleteSchema));
    case 'import-complete':
      return foldImportEnd(pipeline, envelope, openPayload(envelope, importCompleteSchema));
    default:
      throw wrongQueue(envelope);
  }
}
