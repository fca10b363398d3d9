import { parseArgs } from 'node:util';
import { parseDuration } from './duration.ts';
import { startBus, type BusOptions } from './start-bus.ts';

const HELP = `Service Bus on loopback, in memory, for one laptop (see local/bus/README.md).

node local/bus/main.ts [options]
  --port N              AMQP port (0, the default: any free one)
  --connectors A,B      connectors to declare the perConnector queues for (corp)
  --queues FILE         queue definitions (infra/queues.json)
  --lock DURATION       lock duration of every queue, as PT5S (what the file says)
  --help                this text

Prints one line of JSON when ready: port, connectionString, admin.
`;

class UsageError extends Error {}

function readOptions(args: readonly string[]): BusOptions | 'help' {
  const { values } = parse(args);
  if (values.help === true) return 'help';
  const port = values.port === undefined ? 0 : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--port ${values.port ?? ''}: not a port number`);
  const connectors = values.connectors?.split(',') ?? ['corp'];
  for (const connector of connectors) {
    if (!/^[a-z][a-z0-9-]{1,19}$/.test(connector))
      throw new UsageError(`--connectors: '${connector}' is no connector name`);
  }
  return {
    port,
    connectors,
    ...(values.queues !== undefined && { queues: values.queues }),
    ...(values.lock !== undefined && { lockDuration: readLock(values.lock) }),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { port: text, connectors: text, queues: text, lock: text, help: { type: 'boolean' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readLock(value: string): number {
  try {
    const milliseconds = parseDuration(value);
    if (milliseconds > 0) return milliseconds;
  } catch {
    // Said below, with the option's name.
  }
  throw new UsageError(`--lock ${value}: not a duration like PT30S`);
}

async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const bus = await startBus(options);
  const { port, connectionString, admin } = bus;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void bus.stop().then(() => process.exit(0)));
  }
  process.stdout.write(`${JSON.stringify({ ready: true, port, connectionString, admin })}\n`);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  process.stderr.write(
    code === 'EADDRINUSE'
      ? `bus: the port is in use; choose another with --port, or 0 for any (${message})\n`
      : `bus: ${message}\n`,
  );
  if (isUsage) process.stderr.write('bus: --help lists the options\n');
  process.exitCode = isUsage ? 2 : 1;
}
