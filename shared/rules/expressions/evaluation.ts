import { addCalendar } from './calendar.ts';
import { ExpressionError } from './expression-error.ts';
import type { EvaluationInput } from './compiled-expression.ts';
import type { DateValue, RuntimeValue } from './runtime-value.ts';
import { neverMs } from './runtime-value.ts';

/** Units of work one evaluation may use: a unit is a node or eight characters. Keeps nested Replace from growing without end. */
const workMax = 500_000;

export const dayMs = 86_400_000;

/** Thrown where a flow is to leave its target alone; caught where the evaluation began. */
export class FlowIgnored extends Error {
  constructor() {
    super('the flow is ignored');
    this.name = 'FlowIgnored';
  }
}

/** State of one evaluation: what it may still spend, and what it learnt about the influence of time. */
export class Evaluation {
  readonly #input: EvaluationInput;
  #work = 0;
  #nowCalls = 0;
  #accounted = 0;
  #nearest = Number.POSITIVE_INFINITY;
  #isRedacted = false;
  readonly #variables = new Map<string, RuntimeValue>();

  constructor(input: EvaluationInput) {
    this.#input = input;
  }

  read(attribute: string): RuntimeValue {
    return this.#input.read(attribute);
  }

  get now(): number {
    return this.#input.now;
  }

  /** Of the connect dialect; undefined where nobody defined it. */
  parameter(name: string): string | undefined {
    return Object.hasOwn(this.#input.parameters, name) ? this.#input.parameters[name] : undefined;
  }

  variable(name: string): RuntimeValue {
    return this.#variables.get(name) ?? null;
  }

  /** Runs with a variable bound; afterwards it means again what it meant before. */
  bind<T>(name: string, value: RuntimeValue, run: () => T): T {
    const before = this.#variables.get(name);
    this.#variables.set(name, value);
    try {
      return run();
    } finally {
      if (before === undefined) this.#variables.delete(name);
      else this.#variables.set(name, before);
    }
  }

  random(bytes: number, column: number): Uint8Array {
    if (this.#input.random === undefined)
      throw new ExpressionError(
        'bad-argument',
        'a random value can stand only where an object is made',
        column,
      );
    return this.#input.random(bytes);
  }

  /** Without anybody to ask nobody has the value. */
  exists(value: string): boolean {
    return this.#input.exists?.(value) ?? false;
  }

  /** The value holds something that must not stand in logs. */
  redact(): void {
    this.#isRedacted = true;
  }

  get isRedacted(): boolean {
    return this.#isRedacted;
  }

  /** Pays for `characters` before they are produced or searched. */
  charge(characters: number, column: number): void {
    this.#work += 1 + (characters >> 3);
    if (this.#work > workMax)
      throw new ExpressionError(
        'too-long',
        'the expression works on more text than one evaluation may',
        column,
      );
  }

  callNow(): DateValue {
    this.#nowCalls += 1;
    return { kind: 'date', ms: this.#input.now, isFromNow: true };
  }

  /** A use of Now() turns over at `ms` by itself. A moment in the past tells nothing, so the daily look stays. */
  turnsOverAt(ms: number): void {
    if (ms <= this.#input.now) return;
    this.#accounted += 1;
    if (ms < this.#nearest) this.#nearest = ms;
  }

  /** A date made from Now() meets a fixed one. */
  compareDates(fromNow: DateValue, fixed: DateValue): void {
    if (fixed.ms >= neverMs) this.neverTurnsOver();
    else this.turnsOverAt(this.#momentOf(fromNow, fixed));
  }

  /** When Now(), shifted as the one date is, comes to the other. The end of a month may make it early, never late. */
  #momentOf(fromNow: DateValue, fixed: DateValue): number {
    const months = fromNow.monthsFromNow ?? 0;
    const rest = fromNow.ms - addCalendar(this.#input.now, { months });
    return addCalendar(fixed.ms - rest, { months: -months });
  }

  /** A use of Now() cannot turn over (compared with "never"). */
  neverTurnsOver(): void {
    this.#accounted += 1;
  }

  /** Nearest date operand in the future, else in 24 hours; null where time has no say. */
  get reviewAt(): number | null {
    if (this.#nowCalls === 0) return null;
    const daily = this.#accounted < this.#nowCalls ? this.#input.now + dayMs : Number.POSITIVE_INFINITY;
    const earliest = Math.min(this.#nearest, daily);
    return Number.isFinite(earliest) ? earliest : null;
  }
}
