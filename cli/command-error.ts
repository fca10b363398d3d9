import { exitCodes, type ExitCode } from './exit-codes.ts';

/** A failure with its exit code and what the operator can do; the message is complete, no stack is shown. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** One or two sentences; null where the message says it already. */
  readonly action: string | null;
  /** Stable name for scripts. */
  readonly code: string;

  constructor(
    code: string,
    message: string,
    options: { exitCode?: ExitCode; action?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CommandError';
    this.code = code;
    this.exitCode = options.exitCode ?? exitCodes.failure;
    this.action = options.action ?? null;
  }
}

/** What was asked for cannot be meant: exit code 2. */
export function usageError(message: string, action?: string): CommandError {
  return new CommandError('USAGE', message, {
    exitCode: exitCodes.usage,
    ...(action === undefined ? {} : { action }),
  });
}

/** Ctrl-C: exit code 130, nothing more to say. */
export function interrupted(): CommandError {
  return new CommandError('INTERRUPTED', 'interrupted', { exitCode: exitCodes.interrupted });
}
