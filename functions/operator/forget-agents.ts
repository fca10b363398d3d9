import type { AgentKey } from '../../shared/state/agent-rows.ts';
import { readRow, untilSettled } from '../pipeline/object-rows.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Accepted } from './accepted.ts';

/**
 * Takes keys that wait for a decision off the list. Their rows go instead of being marked as revoked: whoever sent fifty
 * sends others next time, and one's own agent among them may introduce itself again. Any other key is left as it is.
 */
export async function forgetAgents(
  pipeline: Pick<Pipeline, 'tables' | 'clock' | 'random'>,
  { connector, keyIds }: { readonly connector: string; readonly keyIds: readonly string[] },
): Promise<Accepted> {
  const forgotten: string[] = [];
  for (const keyId of new Set(keyIds))
    await untilSettled(async () => {
      const row = readRow<AgentKey>(await pipeline.tables.get('Agents', connector, keyId));
      if (row?.value.status !== 'pending') return;
      await pipeline.tables.transact('Agents', connector, [
        { kind: 'delete', rowKey: keyId, etag: row.etag },
      ]);
      forgotten.push(keyId);
    }, pipeline);
  return { requestId: pipeline.random.id('r'), detail: { forgotten: forgotten.toSorted() } };
}
