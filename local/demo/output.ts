/** Prints for a person on a terminal, or plain lines for everything else. */
export class Output {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  readonly #hasColor: boolean;
  readonly #columns: number;
  #hasOpenLine = false;
  #toldAt = 0;

  constructor(stream: NodeJS.WriteStream, options: { readonly color: boolean }) {
    this.#write = (text) => void stream.write(text);
    this.#isTerminal = stream.isTTY;
    this.#columns = this.#isTerminal ? stream.columns : 100;
    this.#hasColor = this.#isTerminal && options.color && process.env['NO_COLOR'] === undefined;
  }

  line(name: string, text: string): void {
    this.print(`${name.padEnd(8)} ${text}`);
  }

  print(text: string): void {
    if (this.#hasOpenLine) this.#write('\r\u001b[K');
    this.#hasOpenLine = false;
    this.#write(`${text}\n`);
  }

  /** A bar that is redrawn on a terminal; a line every two seconds elsewhere. */
  progress(name: string, done: number, total: number, detail: string): void {
    const now = Date.now();
    if (!this.#isTerminal) {
      if (this.#toldAt === 0) this.#toldAt = now;
      if (now - this.#toldAt < 2_000) return;
      this.#toldAt = now;
      this.line(name, `${done}/${total}  ${detail}`);
      return;
    }
    const width = Math.max(10, Math.min(30, this.#columns - 50));
    const filled = total === 0 ? width : Math.round((width * Math.min(done, total)) / total);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(width - filled)}`;
    this.#write(`\r\u001b[K${name.padEnd(8)} ${bar} ${done}/${total}  ${detail}`);
    this.#hasOpenLine = true;
  }

  /** What is under way, on a terminal only; the next line takes its place. */
  doing(text: string): void {
    if (!this.#isTerminal) return;
    this.#write(`\r\u001b[K${text.slice(0, this.#columns - 1)}`);
    this.#hasOpenLine = true;
  }

  good = (text: string): string => this.#paint(text, 32);
  bad = (text: string): string => this.#paint(text, 31);

  #paint(text: string, color: number): string {
    return this.#hasColor ? `\u001b[${color}m${text}\u001b[0m` : text;
  }
}

export const milliseconds = (ms: number): string =>
  ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;

export const thousands = (count: number): string => count.toLocaleString('en-US');
