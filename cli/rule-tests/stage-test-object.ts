import { createHash } from 'node:crypto';
import type { Value } from '../../shared/contracts/primitives.ts';
import { normalizeDn, parentDn } from '../../shared/model/dn.ts';
import { guidBytesFromKey, keyFromGuidText } from '../../shared/model/guid.ts';
import type { StagedAttribute, StagedObject } from '../../shared/model/staged-object.ts';
import type { CaptureNeeds } from '../../shared/rules/capture-needs.ts';
import { isBinaryAttribute } from '../../shared/rules/attribute-names.ts';
import type { TestObject } from './rule-test-schema.ts';

type Scalar = string | number | boolean | { readonly base64: string };

/** Something in the object that no directory could hold; `attribute` says where. */
export class WrongTestObject extends Error {
  readonly attribute: string;

  constructor(attribute: string, message: string) {
    super(message);
    this.attribute = attribute;
  }
}

const version = { epoch: 1, n: 1 };
const guidText = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i;

/** Keys of objects that are known by their DN alone: always the same for a DN, or the GUID that the file gives it. */
export class TestKeys {
  readonly #given = new Map<string, string>();
  readonly #names = new Map<string, string>();

  constructor(containers: Readonly<Record<string, string>> = {}) {
    for (const [dn, guid] of Object.entries(containers))
      this.#given.set(normalizeDn(dn), keyFromGuidText(guid));
  }

  of(dn: string): string {
    const name = normalizeDn(dn);
    const key = this.#given.get(name) ?? createHash('sha256').update(name).digest('hex').slice(0, 32);
    this.#names.set(key, dn);
    return key;
  }

  /** The DN that a key was made for. */
  nameOf(key: string): string {
    return this.#names.get(key) ?? key;
  }
}

/**
 * The object as the agent would have told it after a complete read for these rules.
 *
 * @throws WrongTestObject
 */
export function stageTestObject(object: TestObject, needs: CaptureNeeds, keys: TestKeys): StagedObject {
  const given = new Map(
    Object.entries(object.attributes ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const unread = new Set((object.unread ?? []).map((name) => name.toLowerCase()));
  const attributes: Record<string, StagedAttribute> = {};
  for (const name of needs.attributes) {
    if (unread.has(name.toLowerCase())) continue;
    const value = given.get(name.toLowerCase()) ?? null;
    const values = value === null ? [] : Array.isArray(value) ? value : [value];
    attributes[name.toLowerCase()] = {
      version,
      values: values.map((one) => valueOf(name, one, needs, keys)),
    };
  }
  return {
    key: object.guid === undefined ? keys.of(object.dn) : keyFromGuidText(object.guid),
    class: { version, name: object.class },
    life: { version, isDeleted: false },
    floor: null,
    base: version,
    openBases: [],
    dn: { version, text: object.dn },
    ancestors: { version, keys: ancestorsOf(object.dn).map((dn) => keys.of(dn)) },
    attributes,
    lists: {},
    oversized: {},
    seenIn: null,
    vanished: null,
  };
}

function ancestorsOf(dn: string): readonly string[] {
  const parents: string[] = [];
  for (let parent = parentDn(dn); parent !== ''; parent = parentDn(parent)) parents.push(parent);
  return parents;
}

function valueOf(name: string, value: Scalar, needs: CaptureNeeds, keys: TestKeys): Value {
  if (typeof value === 'object') return { b: value.base64 };
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  const text = String(value);
  if (needs.references.includes(name)) {
    if (!text.includes('=')) throw new WrongTestObject(name, `${name} is a reference: write a DN`);
    return { r: keys.of(text) };
  }
  if (!isBinaryAttribute(name)) return text;
  if (!guidText.test(text))
    throw new WrongTestObject(name, `${name} is binary: write { base64: … } or a GUID`);
  const key = keyFromGuidText(text.replace(/[{}]/g, ''));
  return { b: Buffer.from(guidBytesFromKey(key)).toString('base64') };
}
