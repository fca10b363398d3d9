import Module from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  ProgrammingModel,
  RpcLogCategory,
  RpcLogLevel,
} from './core-types.ts';
import type { HostLog } from './host-log.ts';

const hookNames = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
export type HookName = (typeof hookNames)[number];

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

class Disposable {
  #dispose: (() => void) | undefined;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  static from(...parts: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }

  dispose(): void {
    this.#dispose?.();
    this.#dispose = undefined;
  }
}

/** Errors with this mark are the runtime's, not the app's: the library tests for it. */
function systemError<E extends Error>(error: E): E {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}

/** What an app registered while it was loaded, and the module through which it did. */
export class Registration {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly appHookData: Record<string, unknown> = {};
  model: ProgrammingModel | undefined;
  /** Set when the app asked for streamed HTTP, which the library announces nowhere else than in its log. */
  wantsHttpStream = false;
  readonly #hooks = new Map<HookName, HookCallback[]>(hookNames.map((name) => [name, []]));
  readonly #log: HostLog;
  #isLocked = false;

  constructor(log: HostLog) {
    this.#log = log;
  }

  lock(): void {
    this.#isLocked = true;
  }

  hooks(name: HookName): readonly HookCallback[] {
    return this.#hooks.get(name) ?? [];
  }

  async runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const hook of this.hooks(name)) await hook(context);
  }

  /**
   * Makes `require('@azure/functions-core')` answer with this registration; returns the undo. The module is not installable: the
   * real worker wraps the same method, and the library (CommonJS, or inlined in a bundle) asks for it once per copy.
   */
  install(): () => void {
    const core = this.#coreModule();
    const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
    const original = prototype.require;
    prototype.require = function (this: unknown, id: string): unknown {
      return id === '@azure/functions-core' ? core : original.call(this, id);
    };
    return () => {
      prototype.require = original;
    };
  }

  #coreModule(): object {
    return {
      // Versions only decide what the library allows itself; these are of the runtime that the facts were read from.
      version: '3.12.0',
      hostVersion: '4.1037.0',
      Disposable,
      registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
        this.#register(metadata, callback),
      setProgrammingModel: (model: ProgrammingModel) => {
        this.model = model;
      },
      getProgrammingModel: () => this.model,
      registerHook: (name: string, callback: HookCallback) => this.#registerHook(name, callback),
      log: (level: RpcLogLevel, category: RpcLogCategory, message: string) => {
        if (message === 'HTTP streaming enabled.') this.wantsHttpStream = true;
        this.#log.write(level, category === 'user' ? 'Function' : 'Worker', message);
      },
    };
  }

  #register(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    if (this.#isLocked) throw systemError(new Error('A function can only be registered during app startup.'));
    const id = metadata.functionId ?? metadata.name;
    if (this.functions.has(id)) {
      throw systemError(
        new Error(`A function with id "${id}" has already been registered. Name: "${metadata.name}".`),
      );
    }
    this.functions.set(id, { metadata, callback });
    return new Disposable(() => {
      if (this.#isLocked) throw systemError(new Error('A function can only be disposed during app startup.'));
      this.functions.delete(id);
    });
  }

  #registerHook(name: string, callback: HookCallback): Disposable {
    const hooks = this.#hooks.get(name as HookName);
    if (hooks === undefined) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
    hooks.push(callback);
    return new Disposable(() => {
      const at = hooks.indexOf(callback);
      if (at >= 0) hooks.splice(at, 1);
    });
  }
}
