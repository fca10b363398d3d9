import { findAttribute, findClass, type AttributeDefinition } from '../schema/schema.ts';
import type { SearchFilter } from '../wire/search-filter.ts';
import { attributeValues } from './attribute-values.ts';
import type { DirectoryObject, Value } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import { guidToBytes, parseGuid } from './guid.ts';
import { sidToBytes } from './sid.ts';
import { matchingKey } from './value.ts';

export type ObjectTest = (object: DirectoryObject) => boolean;

const BIT_AND = '1.2.840.113556.1.4.803';
const BIT_OR = '1.2.840.113556.1.4.804';
const IN_CHAIN = '1.2.840.113556.1.4.1941';

/** Turns a filter into a test; attributes that `canRead` refuses are treated as absent. */
export function compileFilter(
  filter: SearchFilter,
  store: DirectoryStore,
  canRead: (definition: AttributeDefinition) => boolean,
): ObjectTest {
  const readable = (name: string): AttributeDefinition | undefined => {
    const found = findAttribute(name);
    return found !== undefined && canRead(found) ? found : undefined;
  };
  const compile = (one: SearchFilter): ObjectTest => {
    switch (one.kind) {
      case 'and': {
        const tests = one.filters.map(compile);
        return (object) => tests.every((test) => test(object));
      }
      case 'or': {
        const tests = one.filters.map(compile);
        return (object) => tests.some((test) => test(object));
      }
      case 'not': {
        const test = compile(one.filter);
        return (object) => !test(object);
      }
      default: {
        const definition = readable(one.attribute);
        return definition === undefined ? () => false : compileItem(one, definition, store);
      }
    }
  };
  return compile(filter);
}

type FilterItem = Exclude<SearchFilter, { kind: 'and' | 'or' | 'not' }>;

function compileItem(item: FilterItem, definition: AttributeDefinition, store: DirectoryStore): ObjectTest {
  const any = (test: (value: Value) => boolean): ObjectTest => {
    return (object) => attributeValues(object, definition).some(test);
  };
  switch (item.kind) {
    case 'present':
      return (object) => attributeValues(object, definition).length > 0;
    case 'equal':
    case 'approximately': {
      const wanted = assertedKey(definition, item.value, store);
      return any((value) => matchingKey(definition.syntax, value) === wanted);
    }
    case 'greater-or-equal':
      return any((value) => compareTo(definition, value, item.value) >= 0);
    case 'less-or-equal':
      return any((value) => compareTo(definition, value, item.value) <= 0);
    case 'substrings':
      return any(substringTest(item));
    case 'extensible':
      return compileExtensible(item, definition, store, any);
  }
}

/** The asserted value as matchingKey gives it for stored ones. */
function assertedKey(definition: AttributeDefinition, bytes: Buffer, store: DirectoryStore): string {
  const text = bytes.toString('utf8');
  if (definition.syntax === 'dn') {
    const named = definition.key === 'objectcategory' ? findClass(text)?.row.category : undefined;
    const dn = named === undefined ? text : `CN=${named},CN=Schema,CN=Configuration,${store.names.baseDn}`;
    const target = store.find(dn);
    return target === undefined || target === 'malformed' ? '' : target.guid;
  }
  if (definition.syntax === 'sid' && /^S-1-\d+(-\d+)*$/i.test(text))
    return sidToBytes(text).toString('latin1');
  if (definition.syntax === 'octets' && bytes.length !== 16) {
    const guid = parseGuid(text);
    if (guid !== undefined) return guidToBytes(guid).toString('latin1');
  }
  const isBinary = ['octets', 'descriptor', 'sid'].includes(definition.syntax);
  return matchingKey(definition.syntax, isBinary ? bytes : text);
}

function compareTo(definition: AttributeDefinition, value: Value, asserted: Buffer): number {
  if (Buffer.isBuffer(value)) return Buffer.compare(value, asserted);
  if (typeof value !== 'string') return Number.NaN;
  const text = asserted.toString('utf8');
  if (definition.syntax === 'integer' || definition.syntax === 'large-integer') {
    if (!/^-?\d+$/.test(text)) return Number.NaN;
    const difference = BigInt(value) - BigInt(text);
    return difference < 0n ? -1 : Number(difference > 0n);
  }
  const [left, right] = [value.toLowerCase(), text.toLowerCase()];
  return left < right ? -1 : Number(left > right);
}

function substringTest(item: Extract<SearchFilter, { kind: 'substrings' }>): (value: Value) => boolean {
  const lower = (part: Buffer | undefined) => part?.toString('utf8').toLowerCase() ?? '';
  const [initial, final] = [lower(item.initial), lower(item.final)];
  const middle = item.any.map(lower);
  return (value) => {
    if (typeof value !== 'string') return false;
    const text = value.toLowerCase();
    if (!text.startsWith(initial) || !text.endsWith(final)) return false;
    let position = initial.length;
    for (const part of middle) {
      const found = text.indexOf(part, position);
      if (found < 0) return false;
      position = found + part.length;
    }
    return position + final.length <= text.length;
  };
}

function compileExtensible(
  item: Extract<SearchFilter, { kind: 'extensible' }>,
  definition: AttributeDefinition,
  store: DirectoryStore,
  any: (test: (value: Value) => boolean) => ObjectTest,
): ObjectTest {
  const text = item.value.toString('utf8');
  if (item.rule === IN_CHAIN) return inChain(definition, store.find(text));
  if ((item.rule === BIT_AND || item.rule === BIT_OR) && /^-?\d+$/.test(text)) {
    const mask = BigInt.asUintN(64, BigInt(text));
    return any((value) => {
      if (typeof value !== 'string' || !/^-?\d+$/.test(value)) return false;
      const common = BigInt.asUintN(64, BigInt(value)) & mask;
      return item.rule === BIT_AND ? common === mask : common !== 0n;
    });
  }
  return () => false;
}

function inChain(
  definition: AttributeDefinition,
  end: DirectoryObject | 'malformed' | undefined,
): ObjectTest {
  return (object) => {
    const seen = new Set<Value>();
    const pending: Value[] = [...attributeValues(object, definition)];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === end) return true;
      if (typeof next === 'string' || Buffer.isBuffer(next) || seen.has(next)) continue;
      seen.add(next);
      pending.push(...attributeValues(next, definition));
    }
    return false;
  };
}
