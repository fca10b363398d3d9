import type { DirectoryObject } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { guidFromBytes, parseGuid } from '../store/guid.ts';
import { sidFromBytes } from '../store/sid.ts';
import type { SearchFilter } from '../wire/search-filter.ts';

/** The few objects that an index allows for this filter; undefined when only a walk can tell. */
export function findCandidates(
  store: DirectoryStore,
  filter: SearchFilter,
  base: DirectoryObject,
  showDeleted: boolean,
): DirectoryObject[] | undefined {
  switch (filter.kind) {
    case 'and':
      for (const one of filter.filters) {
        const found = findCandidates(store, one, base, showDeleted);
        if (found !== undefined) return found;
      }
      return undefined;
    case 'or': {
      const union = new Set<DirectoryObject>();
      for (const one of filter.filters) {
        const found = findCandidates(store, one, base, showDeleted);
        if (found === undefined) return undefined;
        for (const object of found) union.add(object);
      }
      return [...union];
    }
    case 'equal':
      return lookUp(store, filter.attribute.toLowerCase(), filter.value, showDeleted);
    case 'greater-or-equal': {
      if (filter.attribute.toLowerCase() !== 'usnchanged') return undefined;
      const usn = Number(filter.value.toString());
      return Number.isNaN(usn) ? undefined : [...store.changesSince(store.contextOf(base), usn - 1)];
    }
    default:
      return undefined;
  }
}

function lookUp(
  store: DirectoryStore,
  key: string,
  value: Buffer,
  showDeleted: boolean,
): DirectoryObject[] | undefined {
  // Tombstones keep their account name without being indexed by it: only a walk finds those.
  if (showDeleted && key === 'samaccountname') return undefined;
  const found = indexed(store, key, value);
  if (found === 'no index') return undefined;
  return found === undefined || found === 'malformed' ? [] : [found];
}

function indexed(
  store: DirectoryStore,
  key: string,
  value: Buffer,
): DirectoryObject | 'malformed' | 'no index' | undefined {
  const text = value.toString('utf8');
  switch (key) {
    case 'objectguid':
      return store.byGuid(value.length === 16 ? guidFromBytes(value) : (parseGuid(text) ?? ''));
    case 'objectsid':
      return store.bySid(text.startsWith('S-1-') || value.length < 8 ? text : sidFromBytes(value));
    case 'distinguishedname':
      return store.find(text);
    case 'samaccountname':
      return store.byAccountName(text);
    case 'userprincipalname':
      return store.byPrincipalName(text);
    default:
      return 'no index';
  }
}
