import { classFilter } from '../../shared/adapters/active-directory/filters.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import { resultCodeOf } from '../../shared/adapters/active-directory/ldap-errors.ts';
import { ancestorsOf, changeHeader, type CaptureContext } from './capture-context.ts';
import { guidBase } from './directory-reader.ts';

const pageSize = 200;
/** A renamed container with more below it than this is told by the bulk lane after so many. */
const liveMax = 500;
const noSuchObject = 32;

/**
 * Tells the new names of everything below containers that were renamed or moved: AD reports the container only. What is
 * owed is stored beside the watermark, so it is told again from the start by whoever leads after a crash.
 */
export async function tellOwedNames(context: CaptureContext): Promise<void> {
  for (;;) {
    const owed = context.state.current.owed.find((one) => one.namingContext === context.namingContext);
    if (owed === undefined) return;
    await tellNames(context, owed.key);
    // Another move of the same container meanwhile has put a new entry in its place: compare by identity.
    await context.state.update((state) => ({ ...state, owed: state.owed.filter((one) => one !== owed) }));
  }
}

async function tellNames(context: CaptureContext, container: string): Promise<void> {
  const { reader, publisher, needs, signal } = context;
  const request = {
    base: guidBase(container),
    filter: classFilter(needs.configure.classes),
    // The extended name carries the key, so no attribute is needed.
    attributes: ['1.1'],
    size: pageSize,
  };
  let told = 0;
  try {
    for await (const { version, entries } of reader.pages(request)) {
      signal.throwIfAborted();
      const changes: ObjectChange[] = [];
      for (const entry of entries) {
        const { key, dn } = parseExtendedDn(entry.dn);
        if (key === null) continue;
        const ancestors = await ancestorsOf(context, dn);
        changes.push({
          key,
          dn,
          ...(ancestors === null ? {} : { ancestors: [...ancestors] }),
          attributes: {},
        });
      }
      await publisher.changes(
        changeHeader(context, version, told < liveMax ? 'live' : 'bulk', { asked: [] }),
        changes,
      );
      told += changes.length;
    }
  } catch (error) {
    // Deleted meanwhile, and everything below it with it: that is reported by itself.
    if (resultCodeOf(error) !== noSuchObject) throw error;
  }
}
