/** One moment in the future; `at` is in milliseconds since the epoch. */
export interface Deadline {
  readonly at: number;
  readonly run: () => void;
  /** Place in the heap, -1 once it has run or was cancelled. */
  index: number;
}

/** setTimeout takes a signed 32-bit number of milliseconds; queue lifetimes may be longer. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * All deadlines of the broker behind a single timer. A binary heap that knows each entry's place, because most
 * deadlines (locks, lifetimes) are cancelled long before they are due and must not stay in memory until then.
 */
export class Deadlines {
  readonly #heap: Deadline[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  add(at: number, run: () => void): Deadline {
    const deadline: Deadline = { at, run, index: this.#heap.length };
    this.#heap.push(deadline);
    this.#siftUp(deadline);
    if (deadline.index === 0) this.#arm();
    return deadline;
  }

  cancel(deadline: Deadline | undefined): void {
    if (deadline === undefined || deadline.index < 0) return;
    const { index } = deadline;
    const last = this.#heap.pop();
    deadline.index = -1;
    if (last === undefined || last === deadline) return;
    this.#place(last, index);
    this.#siftUp(last);
    this.#siftDown(last);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#heap.length = 0;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || (this.#timer !== undefined && this.#timerAt <= first.at)) return;
    clearTimeout(this.#timer);
    this.#timerAt = first.at;
    this.#timer = setTimeout(
      () => this.#fire(),
      Math.min(Math.max(first.at - Date.now(), 0), LONGEST_TIMEOUT),
    );
  }

  #fire(): void {
    this.#timer = undefined;
    for (let first = this.#heap[0]; first !== undefined && first.at <= Date.now(); first = this.#heap[0]) {
      this.cancel(first);
      first.run();
    }
    this.#arm();
  }

  #place(deadline: Deadline, index: number): void {
    deadline.index = index;
    this.#heap[index] = deadline;
  }

  #siftUp(deadline: Deadline): void {
    while (deadline.index > 0) {
      const { index } = deadline;
      const parent = this.#heap[(index - 1) >> 1];
      if (parent === undefined || parent.at <= deadline.at) return;
      this.#place(deadline, parent.index);
      this.#place(parent, index);
    }
  }

  #siftDown(deadline: Deadline): void {
    for (;;) {
      const { index } = deadline;
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || child.at >= deadline.at) return;
      this.#place(deadline, child.index);
      this.#place(child, index);
    }
  }
}
