import type { AdminFunction } from './admin-api.ts';
import { BusConnection } from './bus-connection.ts';
import { resolveBusCredential } from './bus-credential.ts';
import { readBusSettings } from './bus-settings.ts';
import type { BusTrigger, Listener } from './bus-trigger.ts';
import type { BindingInfo } from './core-types.ts';
import { errorText } from './error-text.ts';
import { Executor } from './executor.ts';
import type { HostLog } from './host-log.ts';
import type { HostSettings } from './host-settings.ts';
import type { HttpTrigger } from './http-front.ts';
import { parseRoute } from './http-route.ts';
import { listenToBatches, listenToMessages } from './message-listener.ts';
import { parseNcrontab } from './ncrontab.ts';
import type { RegisteredFunction, Registration } from './registration.ts';
import { encodeProgrammatic } from './service-bus-encoding.ts';
import { listenToSessions } from './session-listener.ts';
import { resolveSettingReferences } from './setting-reference.ts';
import { TimerListener } from './timer-listener.ts';
import type { TimerStore } from './timer-store.ts';

export interface AssemblyOptions {
  readonly registration: Registration;
  readonly settings: HostSettings;
  readonly environment: NodeJS.ProcessEnv;
  readonly executor: Executor;
  readonly timerStore: TimerStore;
  readonly log: HostLog;
  readonly stop: AbortSignal;
}

export interface Assembly {
  readonly functions: readonly AdminFunction[];
  readonly http: readonly HttpTrigger[];
  readonly connections: ReadonlyMap<string, BusConnection>;
  /** Starts timers and queue listeners; each runs until the stop signal. */
  start(): readonly Listener[];
}

interface Started {
  readonly fire?: (input: string) => void;
  readonly urlTemplate?: string;
  readonly start?: () => Listener | undefined;
}

/** Turns registrations into triggers. One that cannot start is reported, the others go on. */
export function assembleFunctions(options: AssemblyOptions): Assembly {
  const assembler = new Assembler(options);
  const starts: (() => Listener | undefined)[] = [];
  const functions = [...options.registration.functions.values()].map((fn): AdminFunction => {
    const trigger = Object.values(fn.metadata.bindings).find((binding) => /trigger$/i.test(binding.type));
    const base = {
      metadata: fn.metadata,
      type: trigger?.type ?? 'none',
      isDisabled: isDisabled(options, fn.metadata.name),
    };
    if (base.isDisabled || trigger === undefined)
      return { ...base, failure: trigger === undefined ? 'no trigger' : undefined };
    try {
      const { start, ...shown } = assembler.assemble(fn, trigger);
      if (start !== undefined) starts.push(start);
      return { ...base, ...shown, failure: undefined };
    } catch (error) {
      const failure = errorText(error);
      options.log.error(
        `The 'Functions.${fn.metadata.name}' function is in error: ${failure}`,
        'Host.Startup',
      );
      return { ...base, failure };
    }
  });
  return {
    functions,
    http: assembler.http,
    connections: assembler.connections,
    start: () => starts.map((start) => start()).filter((listener) => listener !== undefined),
  };
}

function isDisabled({ environment, settings }: AssemblyOptions, name: string): boolean {
  const value = environment[`AzureWebJobs.${name}.Disabled`] ?? environment[`AzureWebJobs_${name}_Disabled`];
  if (value?.toLowerCase() === 'true' || value === '1') return true;
  // host.json "functions": a list, where it is there, of the only ones to run.
  const listed = [...settings.under('functions').values()];
  return listed.length > 0 && !listed.includes(name);
}

class Assembler {
  readonly http: HttpTrigger[] = [];
  readonly connections = new Map<string, BusConnection>();
  readonly #options: AssemblyOptions;
  readonly #routePrefix: string;

  constructor(options: AssemblyOptions) {
    this.#options = options;
    this.#routePrefix = options.settings
      .string('extensions:http:routePrefix', 'api')
      .replaceAll(/^\/|\/$/g, '');
  }

  assemble(fn: RegisteredFunction, trigger: BindingInfo): Started {
    this.#warnOfWhatIsLeftOut(fn);
    switch (trigger.type.toLowerCase()) {
      case 'httptrigger':
        return this.#http(fn, trigger);
      case 'timertrigger':
        return this.#timer(fn, trigger);
      case 'servicebustrigger':
        return this.#serviceBus(fn, trigger);
      default:
        throw new Error(`triggers of type ${trigger.type} are not part of this host.`);
    }
  }

  #http(fn: RegisteredFunction, trigger: BindingInfo): Started {
    const route = this.#resolve(trigger['route']) ?? fn.metadata.name;
    const template = [this.#routePrefix, route.replace(/^\//, '')].filter((part) => part !== '').join('/');
    const methods = (Array.isArray(trigger['methods']) ? trigger['methods'] : []) as string[];
    this.http.push({
      fn,
      route: parseRoute(template),
      methods: new Set(methods.map((method) => method.toUpperCase())),
      authLevel: (optionalString(trigger['authLevel']) ?? 'function').toLowerCase(),
    });
    return { urlTemplate: `/${template}` };
  }

  #timer(fn: RegisteredFunction, trigger: BindingInfo): Started {
    const { executor, timerStore: store, log, stop } = this.#options;
    const expression = this.#resolve(trigger['schedule']);
    if (expression === undefined) throw new Error('a timer needs a schedule.');
    const runOnStartup = trigger['runOnStartup'] === true;
    const useMonitor = trigger['useMonitor'] !== false;
    const schedule = parseNcrontab(expression);
    const timer = new TimerListener({
      fn,
      schedule,
      expression,
      runOnStartup,
      useMonitor,
      executor,
      store,
      log,
      stop,
    });
    return {
      start: () => {
        timer.start();
        return undefined;
      },
      fire: () =>
        void executor.execute(fn, {
          reason: Executor.programmatic,
          input: timer.input(),
          triggerMetadata: {},
        }),
    };
  }

  #serviceBus(fn: RegisteredFunction, trigger: BindingInfo): Started {
    const { executor, settings, log, stop } = this.#options;
    const busSettings = readBusSettings(settings);
    const isBinary = optionalString(trigger['dataType'])?.toLowerCase() === 'binary';
    const isBatch = optionalString(trigger['cardinality'])?.toLowerCase() === 'many';
    const isSession = trigger['isSessionsEnabled'] === true;
    const autoComplete = trigger['autoCompleteMessages'];
    if (isSession && busSettings.maxConcurrentCallsPerSession > 1) {
      log.warning(
        'maxConcurrentCallsPerSession above 1 is not part of this host: calls of a session come one by one.',
      );
    }
    const bus: BusTrigger = {
      fn,
      connection: this.#connect(optionalString(trigger['connection'])),
      entity: this.#entity(trigger),
      isBinary,
      autoComplete: typeof autoComplete === 'boolean' ? autoComplete : busSettings.autoCompleteMessages,
      settings: busSettings,
      executor,
      log,
      stop,
    };
    return {
      start: () =>
        isSession ? listenToSessions(bus, isBatch) : isBatch ? listenToBatches(bus) : listenToMessages(bus),
      fire: (input) =>
        void executor.execute(fn, {
          reason: Executor.programmatic,
          ...encodeProgrammatic(input, isBinary, isBatch),
        }),
    };
  }

  #entity(trigger: BindingInfo): string {
    const queue = this.#resolve(trigger['queueName']);
    if (queue !== undefined) return queue;
    const [topic, subscription] = [
      this.#resolve(trigger['topicName']),
      this.#resolve(trigger['subscriptionName']),
    ];
    if (topic === undefined || subscription === undefined)
      throw new Error('a Service Bus trigger needs a queue, or topic and subscription.');
    return `${topic}/Subscriptions/${subscription}`;
  }

  /** The extension shares one client, hence one AMQP connection, among the triggers of a connection setting. */
  #connect(setting: string | undefined): BusConnection {
    const { environment, settings, log, stop } = this.#options;
    const name = setting ?? 'ServiceBus';
    const known = this.connections.get(name);
    if (known !== undefined) return known;
    const credential = resolveBusCredential(name, environment);
    const connection = new BusConnection(name, credential, readBusSettings(settings), log, stop);
    this.connections.set(name, connection);
    return connection;
  }

  #resolve(value: unknown): string | undefined {
    const text = optionalString(value);
    return text === undefined ? undefined : resolveSettingReferences(text, this.#options.environment);
  }

  #warnOfWhatIsLeftOut(fn: RegisteredFunction): void {
    const { log } = this.#options;
    const name = fn.metadata.name;
    if (fn.metadata.retryOptions !== undefined && fn.metadata.retryOptions !== null) {
      log.warning(
        `Function '${name}': retry policies are not part of this host; a failed run is not repeated by one.`,
      );
    }
    for (const [binding, { type, direction }] of Object.entries(fn.metadata.bindings)) {
      if (/trigger$/i.test(type) || (direction === 'out' && type.toLowerCase() === 'http')) continue;
      log.warning(
        `Function '${name}': binding '${binding}' (${type}) is not part of this host and stays empty.`,
      );
    }
  }
}

function optionalString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
