import type { ReadyMessages, StoredMessage } from './queue-state.ts';

/**
 * Messages ready for delivery, lowest sequence number first, so that what comes back goes to its old place.
 * Removed messages are passed over when they come up.
 */
export class MessageHeap implements ReadyMessages {
  readonly #heap: StoredMessage[] = [];

  push(message: StoredMessage): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.sequence <= message.sequence) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = message;
  }

  peek(): StoredMessage | undefined {
    while (this.#heap[0]?.isRemoved === true) this.#removeFirst();
    return this.#heap[0];
  }

  pop(): StoredMessage | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = heap[leftIndex];
      const right = heap[leftIndex + 1];
      const isRight = left !== undefined && right !== undefined && right.sequence < left.sequence;
      const child = isRight ? right : left;
      if (child === undefined || child.sequence >= last.sequence) break;
      heap[index] = child;
      index = isRight ? leftIndex + 1 : leftIndex;
    }
    heap[index] = last;
  }
}
