import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the temporary folders of the measurements, and of the processes that they start, lie together. It goes when this
 * process ends, however it comes to that: a measurement that is stopped half-way may not clear up.
 */
export class Scratch {
  readonly #before = process.env['TMPDIR'];
  readonly #folder = mkdtempSync(join(tmpdir(), 'dirbridge-bench-'));

  constructor() {
    process.once('exit', () => {
      // Somebody who is just ending may still write a file.
      rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    });
  }

  use(isUsed: boolean): void {
    if (isUsed) process.env['TMPDIR'] = this.#folder;
    else if (this.#before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = this.#before;
  }
}
