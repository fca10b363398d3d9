import { pino, type Level } from 'pino';
import type { Log, LogFields } from '../ports/log.ts';
import { plainLine } from './plain-line.ts';
import { redaction } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFormat = 'auto' | 'json' | 'plain';

/** Where lines go: process.stdout, process.stderr, or anything that takes text. */
export interface LogStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** auto: plain on a terminal, JSON lines elsewhere. */
  readonly format: LogFormat;
  readonly stream: LogStream;
  /** Values to black out wherever they turn up (settings/secret-values.ts). */
  readonly secrets?: readonly string[];
  /** Fields of every line, such as the connector. */
  readonly fields?: LogFields;
}

/** The log of a process: pino in this thread, no transports, one line a call. */
export function createLog(options: LogOptions): Log {
  const { stream } = options;
  const isPlain = options.format === 'plain' || (options.format === 'auto' && stream.isTTY === true);
  const redact = redaction(options.secrets);
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => stream.write(isPlain ? plainLine(line) : line) },
  );
  const write = (level: Level) => (message: string, fields?: LogFields) => {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](redact.fields({ ...options.fields, ...fields }), redact.text(message));
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
