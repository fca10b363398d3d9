import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';

const plainEveryMs = 5_000;
const terminalEveryMs = 100;

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Tells how a first import goes on: one line that is rewritten on a terminal, a log line now and then elsewhere. */
export class ImportProgress {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #log: Log;
  #began: { at: number; sent: number } | null = null;
  #toldAt = 0;

  constructor(terminal: Terminal, clock: Clock, log: Log) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#log = log;
  }

  /** @param total null until the directory has been counted. */
  show(sent: number, total: number | null): void {
    const now = this.#clock.now();
    this.#began ??= { at: now, sent };
    const isTerminal = this.#terminal.isTTY === true;
    if (now - this.#toldAt < (isTerminal ? terminalEveryMs : plainEveryMs)) return;
    this.#toldAt = now;
    const rate = this.#rate(sent, now);
    const secondsLeft = total === null || rate === 0 ? null : Math.max(0, Math.round((total - sent) / rate));
    if (isTerminal) {
      const of = total === null ? '' : `/${total}`;
      const left = secondsLeft === null ? '' : `  ${secondsLeft} s left`;
      this.#terminal.write(`\r\u001b[Kimport   ${sent}${of}  ${rate}/s${left}`);
    } else
      this.#log.info('import', {
        sent,
        total,
        rate,
        ...(secondsLeft === null ? {} : { due: `${secondsLeft} s` }),
      });
  }

  end(sent: number): void {
    if (this.#began === null) return;
    const now = this.#clock.now();
    const rate = this.#rate(sent, now);
    const seconds = ((now - this.#began.at) / 1_000).toFixed(1);
    this.#began = null;
    if (this.#terminal.isTTY === true)
      this.#terminal.write(`\r\u001b[Kimport   ${sent}/${sent}  ${rate}/s  ${seconds} s\n`);
    else this.#log.info('import read', { sent, total: sent, rate, ms: Math.round(Number(seconds) * 1_000) });
  }

  #rate(sent: number, now: number): number {
    if (this.#began === null || now === this.#began.at) return 0;
    return Math.round(((sent - this.#began.sent) * 1_000) / (now - this.#began.at));
  }
}
