import { agentKinds, type Envelope } from '../../shared/contracts/envelope.v1.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { isSignedBy } from '../../shared/model/envelope-seal.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';
import type { AgentKey } from '../../shared/state/agent-rows.ts';
import { readRow } from './object-rows.ts';

const freshMs = 30_000;
const isAgentKind = new Set<string>(agentKinds);

export interface AgentTrust {
  /** @throws SyncError SIGNATURE_INVALID when an agent's message is not signed by a key pinned for its connector. */
  check(envelope: Envelope): Promise<void>;
}

/** Pinned keys, cached: a revoked key is refused within half a minute. */
export function agentTrust(tables: TableStore, clock: Clock): AgentTrust {
  const cache = new Map<string, { readonly key: AgentKey; readonly at: number }>();
  const find = async (connector: string, keyId: string): Promise<AgentKey | null> => {
    const known = cache.get(`${connector}|${keyId}`);
    if (known !== undefined && clock.now() - known.at < freshMs) return known.key;
    const row = readRow<AgentKey>(await tables.get('Agents', connector, keyId));
    if (row?.value.status === 'trusted')
      cache.set(`${connector}|${keyId}`, { key: row.value, at: clock.now() });
    else cache.delete(`${connector}|${keyId}`);
    return row?.value ?? null;
  };
  return {
    async check(envelope) {
      if (!isAgentKind.has(envelope.kind)) return;
      const context = {
        kind: envelope.kind,
        connector: envelope.connector,
        agent: envelope.agent,
        keyId: envelope.keyId,
        message: envelope.id,
      };
      if (envelope.keyId === null)
        throw new SyncError('SIGNATURE_INVALID', 'an agent message is not signed', { context });
      const key = await find(envelope.connector, envelope.keyId);
      if (key?.status !== 'trusted')
        throw new SyncError(
          'SIGNATURE_INVALID',
          'an agent message is signed by a key that is not trusted for its connector',
          { context },
        );
      if (key.agent !== envelope.agent || !isSignedBy(envelope, Buffer.from(key.publicKey, 'base64'))) {
        throw new SyncError('SIGNATURE_INVALID', 'the signature of an agent message is wrong', { context });
      }
    },
  };
}
