import type { ExitCode } from './exit-codes.ts';

/** What a command found or did. Commands print nothing themselves. */
export interface Outcome {
  /** The one JSON document of --json. */
  readonly data: unknown;
  /** The same for people, without a newline at the end. */
  readonly text: string;
  /** What happens next, or what to do; told on standard error. */
  readonly next?: string;
  readonly exitCode?: ExitCode;
}
