import {
  connectSame,
  type ControllerFacts,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { classFilter } from '../../shared/adapters/active-directory/filters.ts';
import {
  controlOids,
  pagingControl,
  readPagingAnswer,
} from '../../shared/adapters/active-directory/ldap-controls.ts';

const pageSize = 1_000;

/**
 * How many objects an import will bring, for the time left: a search without attributes, on a connection of its own so
 * that it holds nothing up. Nothing depends on the number being exact.
 */
export async function countObjects(
  access: DirectoryAccess,
  facts: ControllerFacts,
  namingContext: string,
  classes: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const connection = await connectSame(access, facts);
  try {
    let count = 0;
    let cookie: Buffer = Buffer.alloc(0);
    do {
      signal.throwIfAborted();
      const stream = connection.search({
        base: namingContext,
        scope: 'sub',
        filter: classFilter(classes),
        attributes: ['1.1'],
        controls: [pagingControl(pageSize, cookie)],
        operation: 'counting',
      });
      for await (const entries of stream.batches()) count += entries.length;
      const answer = stream.controls.get(controlOids.paging);
      cookie = answer === undefined ? Buffer.alloc(0) : readPagingAnswer(answer);
    } while (cookie.length > 0);
    return count;
  } finally {
    connection.close();
  }
}
