import type { ReadStream } from 'node:tty';

/** A stream of the process, as far as it is written to. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What the command has of its process. */
export interface CommandIo {
  /** The environment of the process; Azure's SDK reads the same one, so an --env-file adds to it. */
  readonly env: Record<string, string | undefined>;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: ReadStream['isTTY'] };
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** Fires at Ctrl-C. */
  readonly stop: AbortSignal;
  readonly now: () => number;
}
