import { isNewer } from '../model/version.ts';
import { guidBytesFromKey } from '../model/guid.ts';
import type { Value } from '../contracts/primitives.ts';
import type { StagedAttribute, StagedObject } from '../model/staged-object.ts';
import { distinguishedName } from './attribute-names.ts';
import { fromValues, type RuntimeValue, type Scalar } from './expressions/runtime-value.ts';

/** What is known of an attribute: its values, that it was never read, or that it was too large to carry. */
export type Knowledge = 'known' | 'unknown' | 'oversized';

/** Rules name a few dozen attributes, in the spelling of the schema; the staged object has them in lower case. */
const lowerNames = new Map<string, string>();

function lowerOf(name: string): string {
  const known = lowerNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  lowerNames.set(name, lower);
  return lower;
}

/** Reads one staged object by attribute name, whatever its case. */
export class StagedReader {
  readonly #staged: StagedObject;
  readonly #hasOversized: boolean;

  constructor(staged: StagedObject) {
    this.#staged = staged;
    this.#hasOversized = Object.keys(staged.oversized).length > 0;
  }

  knowledge(name: string): Knowledge {
    if (name === distinguishedName) return this.#staged.dn === null ? 'unknown' : 'known';
    if (this.isOversized(name)) return 'oversized';
    return this.#attribute(name) !== undefined || name === 'objectGUID' ? 'known' : 'unknown';
  }

  isOversized(name: string): boolean {
    if (!this.#hasOversized) return false;
    const tooLarge = this.#staged.oversized[lowerOf(name)];
    return tooLarge !== undefined && isNewer(tooLarge, this.#attribute(name)?.version);
  }

  /** Nothing for an attribute that is not known: callers ask for `knowledge` first. */
  read(name: string): RuntimeValue {
    if (name === distinguishedName) return this.#staged.dn?.text ?? null;
    const attribute = this.#attribute(name);
    const first = attribute?.values[0];
    // No object is without its GUID: where it was not carried as an attribute, it is the key.
    if (attribute === undefined || first === undefined)
      return name === 'objectGUID' ? guidOf(this.#staged.key) : null;
    return attribute.values.length === 1 ? scalarOf(first) : fromValues(attribute.values.map(scalarOf));
  }

  values(name: string): readonly Value[] {
    return this.#attribute(name)?.values ?? [];
  }

  #attribute(name: string): StagedAttribute | undefined {
    return this.#staged.attributes[lowerOf(name)];
  }
}

/** DirSync always brings objectGUID as the key; HR and LDAP keys are no GUIDs and have none. */
function guidOf(key: string): RuntimeValue {
  if (key.length !== 32) return null;
  return { kind: 'bytes', base64: Buffer.from(guidBytesFromKey(key)).toString('base64') };
}

function scalarOf(value: Value): Scalar {
  if (typeof value === 'string') return value;
  if ('b' in value) return { kind: 'bytes', base64: value.b };
  return 'r' in value ? value.r : { kind: 'opaque' };
}
