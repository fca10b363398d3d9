import { parseArgs } from 'node:util';
import { errorText } from './error-text.ts';
import { HostError } from './host-error.ts';
import { startHost } from './start-host.ts';
import type { Host } from './start-host.ts';
import { parseTimeSpan } from './time-span.ts';

const usage = `usage: node local/host/main.ts --app DIR [options]

Runs an Azure Functions app (Node, v4 model) on this machine: Service Bus, timer and HTTP triggers.

  --app DIR              folder with host.json and package.json ("main")
  --settings FILE        local.settings.json; variables already set win over it
  --connections X=VALUE  sets a connection (or any setting) for the app; may be repeated, wins over --settings
  --port N               HTTP port on 127.0.0.1; 0 = any free one (default: Host.LocalHttpPort of the settings, else 7071)
  --enable-auth FILE     enforce authLevel with the keys in FILE
  --timer-state DIR      remember timer runs there, so that a missed one is past due at the next start
  --drain TIME           how long a stop waits for running functions (default 00:00:30)
  --help                 this text

Standard output: one JSON line when ready. Everything else goes to standard error.
SIGTERM or SIGINT: finish what runs, then exit 0; a second signal ends at once.
Exit codes: 0 stopped, 1 could not start or had to end, 2 wrong usage.
`;

interface Arguments {
  readonly app: string;
  readonly settings: string | undefined;
  readonly port: number | undefined;
  readonly keys: string | undefined;
  readonly timerState: string | undefined;
  readonly drainMs: number;
  readonly connections: readonly (readonly [name: string, value: string])[];
}

function readArguments(args: readonly string[]): Arguments | undefined {
  const { values } = parse(args);
  if (values.help === true) return undefined;
  if (values.app === undefined) throw new HostError('--app DIR is missing.', 2);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535)) {
    throw new HostError(`--port must be a number from 0 to 65535, not '${values.port ?? ''}'.`, 2);
  }
  const drainMs = parseTimeSpan(values.drain);
  if (drainMs === undefined)
    throw new HostError(`--drain must be a time like 00:00:30, not '${values.drain}'.`, 2);
  const connections = values.connections.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new HostError(`--connections must be NAME=VALUE, not '${text}'.`, 2);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const { app, settings, 'enable-auth': keys, 'timer-state': timerState } = values;
  return { app, settings, port, keys, timerState, drainMs, connections };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        app: { type: 'string' },
        settings: { type: 'string' },
        connections: { type: 'string', multiple: true, default: [] },
        port: { type: 'string' },
        'enable-auth': { type: 'string' },
        'timer-state': { type: 'string' },
        drain: { type: 'string', default: '00:00:30' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new HostError(errorText(error), 2, { cause: error });
  }
}

/** The app may print what it likes: its standard output joins the log, so that ours stays one line. */
function keepStandardOutput(): (line: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return (line) => void write(`${line}\n`);
}

function stopOnSignals(host: Host, drainMs: number): void {
  let isStopping = false;
  const onSignal = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    void host.stop(drainMs).then(() => process.exit(0));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function run(args: readonly string[]): Promise<void> {
  const wanted = readArguments(args);
  if (wanted === undefined) {
    process.stdout.write(usage);
    return;
  }
  const print = keepStandardOutput();
  const sink = (line: string) => void process.stderr.write(`${line}\n`);
  // As the Node worker: what nobody caught, a rejection nobody awaited included, ends the process; the supervisor starts it again.
  process.on('uncaughtException', (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : errorText(error);
    sink(`[${new Date().toISOString()}] Worker uncaught exception: ${text}`);
    process.exit(1);
  });
  for (const [name, value] of wanted.connections) process.env[name] = value;
  let host: Host | undefined = undefined;
  const restart = () => {
    sink(
      `[${new Date().toISOString()}] A function timeout has occurred. Ending the worker process; a supervisor restarts it.`,
    );
    void (host?.stop(0) ?? Promise.resolve()).then(() => process.exit(1));
  };
  host = await startHost({
    app: wanted.app,
    sink,
    onTimeout: restart,
    ...(wanted.settings === undefined ? {} : { settingsFile: wanted.settings }),
    ...(wanted.port === undefined ? {} : { port: wanted.port }),
    ...(wanted.keys === undefined ? {} : { keysFile: wanted.keys }),
    ...(wanted.timerState === undefined ? {} : { timerState: wanted.timerState }),
  });
  const { port, url, functions, failed, disabled } = host;
  print(JSON.stringify({ ready: true, port, url, functions, failed, disabled }));
  stopOnSignals(host, wanted.drainMs);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const text =
    error instanceof HostError || !(error instanceof Error)
      ? errorText(error)
      : (error.stack ?? error.message);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof HostError ? error.exitCode : 1);
}
