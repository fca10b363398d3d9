import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { narrowQueries, type TableRows } from './narrow-queries.ts';

/** The part of Azurite that is used here; its classes come without types. */
interface AzuriteServer {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}
type Loaded<T> = { readonly default: { new (...parameters: unknown[]): T; readonly prototype: T } };

/** Azurite's published account and key: the same on every machine, so no secret. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Longer than clients pause, so that they do not meet connections that are just being closed. */
const keepAliveSeconds = 60;

const usage = `Starts Azurite's table service on 127.0.0.1, in memory.

  node local/tables/main.ts [--port 0]

  --port N   port to listen on; 0 (the default) takes a free one
  --help     this text

Prints one JSON line when ready: {"ready":true,"port":N,"connectionString":"…"}.`;

function readPort(): number {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '0' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
    throw new Error('--port must be a number from 0 to 65535');
  return Number(values.port);
}

/**
 * Azurite 3.35 in this process, by the classes that its own command starts: that command cannot tell which port it was
 * given, hands SIGTERM to nobody, and would outlive us if we were killed.
 */
function azuriteAt(port: number): AzuriteServer {
  const require = createRequire(import.meta.url);
  const { default: TableConfiguration } =
    require('azurite/dist/src/table/TableConfiguration.js') as Loaded<unknown>;
  const { default: TableRowStore } =
    require('azurite/dist/src/table/persistence/LokiTableMetadataStore.js') as Loaded<TableRows>;
  narrowQueries(TableRowStore.prototype);
  const { default: TableServer } = require('azurite/dist/src/table/TableServer.js') as Loaded<AzuriteServer>;
  const absent = undefined;
  const configuration = new TableConfiguration(
    ...['127.0.0.1', port, keepAliveSeconds, 'not used in memory'],
    ...[/* debug log */ false, /* access log */ false, absent, absent, /* loose */ false],
    ...[
      /* skip the check of API versions */ true,
      /* cert, key, pwd, oauth */ absent,
      absent,
      absent,
      absent,
    ],
    ...[/* refuse product style addresses */ false, /* in memory */ true],
  );
  return new TableServer(configuration);
}

let port: number;
try {
  port = readPort();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exit(2);
}

const stopRequested = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

try {
  const server = azuriteAt(port);
  await server.start();
  const chosen = Number(new URL(server.getHttpServerAddress()).port);
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};TableEndpoint=http://127.0.0.1:${chosen}/${account};`;
  console.log(JSON.stringify({ ready: true, port: chosen, connectionString }));
  await stopRequested;
  await server.close();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
