import type { FunctionMetadata } from './core-types.ts';

export interface AdminFunction {
  readonly metadata: FunctionMetadata;
  readonly type: string;
  readonly isDisabled: boolean;
  readonly failure: string | undefined;
  /** Absent for HTTP functions (they have a URL) and for those that did not start. */
  readonly fire?: (input: string) => void;
  readonly urlTemplate?: string;
}

export interface AdminView {
  readonly functions: readonly AdminFunction[];
  readonly startedAt: number;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** `POST /admin/functions/{name}` fires a function as func does: 202 at once, the outcome is in the log. */
export function handleAdmin(view: AdminView, method: string, path: string, body: string): AdminAnswer {
  const [, , area = '', name = '', member = ''] = path.split('/');
  if (area.toLowerCase() === 'host' && name.toLowerCase() === 'status' && method === 'GET')
    return { status: 200, body: status(view) };
  if (area.toLowerCase() !== 'functions') return { status: 404 };
  if (name === '')
    return method === 'GET' ? { status: 200, body: view.functions.map(describe) } : { status: 405 };
  const fn = view.functions.find(
    (candidate) => candidate.metadata.name.toLowerCase() === decodeURIComponent(name).toLowerCase(),
  );
  if (fn === undefined) return { status: 404 };
  if (member.toLowerCase() === 'status' && method === 'GET') {
    return { status: 200, body: fn.failure === undefined ? {} : { errors: [fn.failure] } };
  }
  if (member !== '') return { status: 404 };
  if (method === 'GET') return { status: 200, body: describe(fn) };
  return method === 'POST' ? fire(fn, body) : { status: 405 };
}

function fire(fn: AdminFunction, body: string): AdminAnswer {
  if (fn.fire === undefined) {
    const why =
      fn.failure ?? (fn.isDisabled ? 'The function is disabled.' : 'Call an HTTP function by its URL.');
    return { status: 400, body: { error: why } };
  }
  const input = readInput(body);
  if (input === undefined) return { status: 400, body: { error: 'Expected {"input": "text"}.' } };
  fn.fire(input);
  return { status: 202 };
}

function readInput(body: string): string | undefined {
  if (body.trim() === '') return '';
  try {
    const { input = '' } = JSON.parse(body) as { input?: unknown };
    return typeof input === 'string' ? input : undefined;
  } catch {
    return undefined;
  }
}

function describe(fn: AdminFunction): object {
  return {
    name: fn.metadata.name,
    isDisabled: fn.isDisabled,
    isDirect: true,
    isProxy: false,
    language: 'node',
    invoke_url_template: fn.urlTemplate ?? null,
    config: {
      bindings: Object.entries(fn.metadata.bindings).map(([name, binding]) => ({ ...binding, name })),
    },
  };
}

function status(view: AdminView): object {
  const failed = view.functions.filter((fn) => fn.failure !== undefined);
  return {
    id: 'local',
    state: 'Running',
    version: '4.1037.0',
    versionDetails: 'local host, not the Azure Functions runtime',
    processUptime: Math.round(performance.now() - view.startedAt),
    ...(failed.length === 0
      ? {}
      : { errors: failed.map((fn) => `${fn.metadata.name}: ${fn.failure ?? ''}`) }),
  };
}
