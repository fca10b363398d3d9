import { PassThrough } from 'node:stream';
import type { CommandIo } from '../../../cli/command-io.ts';

export interface FakeIo extends CommandIo {
  readonly out: string[];
  readonly err: string[];
  readonly input: PassThrough;
  readonly interrupt: () => void;
}

/** Streams in memory; the command cannot tell them from those of its process. */
export function fakeIo(options: { env?: Record<string, string>; isTerminal?: boolean } = {}): FakeIo {
  const out: string[] = [];
  const err: string[] = [];
  const input = new PassThrough();
  const stop = new AbortController();
  return {
    env: options.env ?? {},
    stdin: Object.assign(input, { isTTY: options.isTerminal ?? false }),
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    stop: stop.signal,
    now: () => Date.UTC(2026, 10, 23, 12, 0, 0),
    out,
    err,
    input,
    interrupt: () => stop.abort(),
  };
}
