import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import type { Relay } from '../../e2e/support/relay.ts';

/** An agent packs each window by partition, and its windows grow to 4,000 objects; see agent/capture/import-capture.ts. */
const windowObjects = 2_000;

export interface ImportFeed {
  /** Sends a first import as an agent does, window after window; `isCutOff` ends it early. */
  send(objects: readonly ObjectChange[], isCutOff?: () => boolean): Promise<void>;
}

export function importFeed(relay: Relay, id: string): ImportFeed {
  return {
    async send(objects, isCutOff = () => false) {
      const startedAt = relay.version();
      const counts: Record<string, number> = {};
      for (const { key } of objects) {
        const partition = partitionOf('corp', key);
        counts[partition] = (counts[partition] ?? 0) + 1;
      }
      for (let at = 0; at < objects.length; at += windowObjects) {
        if (isCutOff()) return;
        await relay.changes(objects.slice(at, at + windowObjects), { lane: 'bulk', import: id });
      }
      const complete = { import: id, namingContext: 'DC=corp,DC=example', startedAt, counts };
      await relay.send('changes-bulk', relay.envelope('import-complete', null, complete));
    },
  };
}
