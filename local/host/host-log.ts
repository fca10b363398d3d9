import type { RpcLogLevel } from './core-types.ts';
import type { HostSettings } from './host-settings.ts';

const order: readonly RpcLogLevel[] = [
  'trace',
  'debug',
  'information',
  'warning',
  'error',
  'critical',
  'none',
];

export type LogSink = (line: string) => void;

/** Lines as `func` prints them: `[time] text`, filtered by host.json `logging.logLevel` with the longest category that fits. */
export class HostLog {
  readonly #sink: LogSink;
  readonly #levels: readonly (readonly [category: string, minimum: number])[];
  readonly #fallback: number;

  constructor(sink: LogSink, settings?: HostSettings) {
    this.#sink = sink;
    const levels = [...(settings?.under('logging:logLevel') ?? [])];
    this.#levels = levels
      .map(([category, level]) => [category.replaceAll(':', '.'), rank(level)] as const)
      .sort((left, right) => right[0].length - left[0].length);
    this.#fallback = this.#levels.find(([category]) => category === 'default')?.[1] ?? rank('information');
  }

  write(level: RpcLogLevel, category: string, text: string): void {
    if (rank(level) < this.#minimum(category.toLowerCase())) return;
    const time = new Date().toISOString();
    for (const line of text.split('\n')) this.#sink(`[${time}] ${line}`);
  }

  information(text: string, category = 'Host'): void {
    this.write('information', category, text);
  }

  warning(text: string, category = 'Host'): void {
    this.write('warning', category, text);
  }

  error(text: string, category = 'Host'): void {
    this.write('error', category, text);
  }

  #minimum(category: string): number {
    const found = this.#levels.find(([name]) => category === name || category.startsWith(`${name}.`));
    return found?.[1] ?? this.#fallback;
  }
}

function rank(level: string): number {
  const at = order.indexOf(level.toLowerCase() as RpcLogLevel);
  return at < 0 ? order.indexOf('information') : at;
}
