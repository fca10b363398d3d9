import { errorCodes, type Disposition, type ErrorCode } from './error-codes.ts';

/** Ids and names only: values of a directory never go into an error (they would end in logs). */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A failure of the outside, classified once at the edge by status or result code, never by message text. */
export class SyncError extends Error {
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, options: { context?: ErrorContext; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SyncError';
    this.code = code;
    this.context = options.context ?? {};
  }

  get disposition(): Disposition {
    return errorCodes[this.code].disposition;
  }

  /** What an operator should do about it. */
  get action(): string {
    return errorCodes[this.code].action;
  }
}
