export interface Fall {
  /** What fell: `kill host1`, `cut agent bus`, `pause graph 3 s`. */
  readonly fault: string;
  /** Where, as the points are named; null: at no point in particular. */
  readonly point: string | null;
  /** What was on its way at that moment. */
  readonly crossing: string | null;
  readonly atMs: number;
}

/** What fell when: a run that failed is read from here. */
export class Chronicle {
  readonly falls: Fall[] = [];
  readonly lines: string[] = [];
  readonly #begin = Date.now();
  readonly #say: (text: string) => void;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  add(fault: string, point: string | null = null, crossing: string | null = null): void {
    const fall = { fault, point, crossing, atMs: Date.now() - this.#begin };
    this.falls.push(fall);
    this.say([fault, point, crossing].filter((part) => part !== null).join(' · '));
  }

  say(text: string): void {
    const line = `${((Date.now() - this.#begin) / 1_000).toFixed(1).padStart(6)} s  ${text}`;
    this.lines.push(line);
    this.#say(line);
  }
}
