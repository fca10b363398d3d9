import { appendFileSync, writeFileSync } from 'node:fs';
import type { WriteRecord } from './operations/operation-context.ts';

/** One JSON line per object written, with the moment at which the answer was handed to the socket. */
export class WriteLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    writeFileSync(path, '');
  }

  append(records: readonly WriteRecord[], at: number): void {
    const lines = records.map(({ kind, object, dn, attributes }) => {
      const line = {
        at,
        op: kind,
        dn,
        newDn: object.dn === dn ? undefined : object.dn,
        guid: object.guid,
        attributes,
      };
      return `${JSON.stringify(line)}\n`;
    });
    // At once: whoever has seen the answer may read the log.
    appendFileSync(this.#path, lines.join(''));
  }
}
