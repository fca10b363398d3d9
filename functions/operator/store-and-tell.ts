import { cloudEnvelope } from '../pipeline/cloud-envelope.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { StoredRequest } from './operator-request.ts';

/** Writes down what an operator asked for of one partition, then tells the partition. */
export async function storeAndTell(
  pipeline: Pipeline,
  connector: string,
  partition: string,
  requestId: string,
  request: StoredRequest,
): Promise<void> {
  await pipeline.tables.transact('Requests', connector, [
    { kind: 'upsert', rowKey: requestId, content: { data: request } },
  ]);
  const envelope = cloudEnvelope(
    pipeline,
    'operator-request',
    { connector, partition },
    { request: requestId },
  );
  await pipeline.sender.send([{ queue: 'changes', envelope, sessionId: partition }]);
}
