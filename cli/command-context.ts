import { azureCredential } from '../shared/adapters/system/azure-credential.ts';
import { tableStorage } from '../shared/adapters/table-storage/table-storage.ts';
import type { TableStore } from '../shared/ports/table-store.ts';
import type { CommandIo } from './command-io.ts';
import { loadOperatorSettings, loadStateSettings } from './environment.ts';
import { operatorClient, type OperatorClient } from './operator-client.ts';
import { paintFor, type Paint } from './text/paint.ts';

/** What a command works with. Tables are only read; every change goes through the operator function. */
export interface CommandContext {
  readonly io: CommandIo;
  readonly paint: Paint;
  /** @throws SyncError CONFIG_INVALID naming every setting that is missing or wrong; so does `operator`. */
  readonly tables: () => Reading;
  readonly operator: () => OperatorClient;
  /** A message beside the result. */
  readonly say: (text: string) => void;
}

/** The state as this command sees it. */
export type Reading = Pick<TableStore, 'get' | 'getMany' | 'range' | 'scan'>;

/** A person waits rather than asking again; the function app gives up earlier, since it has a message to give back. */
const answerMsMax = 30_000;

export function commandContext(io: CommandIo): CommandContext {
  return {
    io,
    paint: paintFor(io.stdout, io.env),
    tables() {
      const { state, tablePrefix } = loadStateSettings(io.env);
      return tableStorage({ connection: state, prefix: tablePrefix, answerMsMax });
    },
    operator() {
      const { operatorUrl, operatorAudience } = loadOperatorSettings(io.env);
      return operatorClient({
        url: operatorUrl,
        audience: operatorAudience,
        credential: azureCredential({ only: null, clientId: null }),
        stop: io.stop,
      });
    },
    say: (text) => io.stderr.write(`${text}\n`),
  };
}
