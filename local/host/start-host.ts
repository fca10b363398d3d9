import { resolve } from 'node:path';
import type { AdminFunction } from './admin-api.ts';
import { assembleFunctions } from './assemble-functions.ts';
import type { Assembly } from './assemble-functions.ts';
import type { Listener } from './bus-trigger.ts';
import { Executor } from './executor.ts';
import { FunctionKeys } from './function-keys.ts';
import { HostLog } from './host-log.ts';
import type { LogSink } from './host-log.ts';
import { readHostSettings } from './host-settings.ts';
import { HttpFront } from './http-front.ts';
import { loadApp } from './load-app.ts';
import { applyLocalSettings } from './local-settings.ts';
import { Registration } from './registration.ts';
import { openTimerStore } from './timer-store.ts';

export interface HostOptions {
  readonly app: string;
  readonly settingsFile?: string;
  readonly port?: number;
  readonly keysFile?: string;
  readonly timerState?: string;
  readonly sink: LogSink;
  /** A function ran past its limit: the real host restarts the worker process. */
  readonly onTimeout: () => void;
}

export interface Host {
  readonly port: number;
  readonly url: string;
  readonly functions: readonly { readonly name: string; readonly type: string }[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  readonly disabled: readonly string[];
  /** Takes nothing new, waits up to `drainMs` for what runs, then ends; false when something was still running. */
  stop(drainMs: number): Promise<boolean>;
}

const defaultPort = 7071;
const defaultBodyLimit = 104_857_600;
const closeLimitMs = 3_000;

/** Settings first, then host.json, then the app: what the app reads while it loads must be there. */
export async function startHost(options: HostOptions): Promise<Host> {
  const startedAt = performance.now();
  const app = resolve(options.app);
  const environment = process.env;
  const local =
    options.settingsFile === undefined ? { cors: [] } : applyLocalSettings(options.settingsFile, environment);
  const settings = readHostSettings(app, environment);
  const log = new HostLog(options.sink, settings);
  const keys = options.keysFile === undefined ? undefined : new FunctionKeys(options.keysFile);

  const registration = new Registration(log);
  const uninstall = registration.install();
  await loadApp(app, registration).finally(uninstall);

  const stopping = new AbortController();
  const timeoutMs = settings.duration('functionTimeout', 1_800_000);
  const executor = new Executor(registration, log, timeoutMs, options.onTimeout);
  const timerStore = openTimerStore(options.timerState);
  const stop = stopping.signal;
  const assembly = assembleFunctions({
    registration,
    settings,
    environment,
    executor,
    timerStore,
    log,
    stop,
  });
  const bodyLimit = Number(environment['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? defaultBodyLimit);
  const admin = { functions: assembly.functions, startedAt };
  const front = new HttpFront({
    triggers: assembly.http,
    admin,
    executor,
    log,
    cors: local.cors,
    keys,
    bodyLimit,
  });
  const port = await front.listen(options.port ?? local.port ?? defaultPort);
  const listeners = assembly.start();
  const started = assembly.functions.filter((fn) => fn.failure === undefined && !fn.isDisabled);
  announce(log, `http://127.0.0.1:${port}`, assembly.functions);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    functions: started.map((fn) => ({ name: fn.metadata.name, type: fn.type })),
    failed: assembly.functions
      .filter((fn) => fn.failure !== undefined)
      .map((fn) => ({ name: fn.metadata.name, reason: fn.failure ?? '' })),
    disabled: assembly.functions.filter((fn) => fn.isDisabled).map((fn) => fn.metadata.name),
    stop: (drainMs) =>
      stopHost({ stopping, executor, front, listeners, assembly, registration, log }, drainMs),
  };
}

interface Running {
  readonly stopping: AbortController;
  readonly executor: Executor;
  readonly front: HttpFront;
  readonly listeners: readonly Listener[];
  readonly assembly: Assembly;
  readonly registration: Registration;
  readonly log: HostLog;
}

async function stopHost(running: Running, drainMs: number): Promise<boolean> {
  const { stopping, executor, front, listeners, assembly, registration, log } = running;
  log.information('Stopping: nothing new is taken, what runs may finish.');
  stopping.abort();
  const frontClosed = front.close();
  const isDrained = await executor.settled(drainMs);
  if (!isDrained)
    log.warning(`${executor.running} invocation(s) still ran after ${drainMs} ms; their messages go back.`);
  await within(closeLimitMs, Promise.all(listeners.map((listener) => listener.stopped)));
  try {
    await registration.runHooks('appTerminate', { hookData: {}, appHookData: registration.appHookData });
  } catch (error) {
    log.error(
      `An appTerminate hook failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
  await within(
    closeLimitMs,
    Promise.allSettled([...assembly.connections.values()].map((connection) => connection.close())),
  );
  front.closeAll();
  await frontClosed;
  log.information('Stopped.');
  return isDrained;
}

/** A closed bus must not keep the host from ending. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((done) => {
    timer = setTimeout(done, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

function announce(log: HostLog, url: string, functions: readonly AdminFunction[]): void {
  log.information('Functions:');
  for (const fn of functions) {
    const where = fn.urlTemplate === undefined ? fn.type : `${url}${fn.urlTemplate}`;
    const state = fn.isDisabled
      ? ' (disabled)'
      : fn.failure === undefined
        ? ''
        : ` (in error: ${fn.failure})`;
    log.information(`        ${fn.metadata.name}: ${where}${state}`);
  }
}
