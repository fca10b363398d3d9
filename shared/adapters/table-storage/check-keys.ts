import { SyncError } from '../../errors/sync-error.ts';

/** Characters and length that the service refuses in keys (Understanding the Table service data model). */
const forbidden = /[/\\#?\p{Cc}]/u;
const keyLengthMax = 512;

/**
 * Azurite answers such a key with a server error, which would count as an outage and be waited out, again and again. The
 * key itself is not repeated: it may be what a stranger sent.
 *
 * @throws SyncError STATE_KEY_INVALID before anything is sent.
 */
export function checkKeys(table: string, ...keys: readonly string[]): void {
  for (const key of keys)
    if (forbidden.test(key) || key.length > keyLengthMax)
      throw new SyncError(
        'STATE_KEY_INVALID',
        'a key has a character or a length that Table storage does not take',
        { context: { table, length: key.length } },
      );
}
