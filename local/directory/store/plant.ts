import { randomUUID } from 'node:crypto';
import { attribute, findClass } from '../schema/schema.ts';
import { generalizedTime } from './ad-time.ts';
import { DirectoryObject, type Value } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import type { RelativeName } from './distinguished-name.ts';
import { makeSecurityDescriptor } from './security-descriptor.ts';

interface PlantSpec {
  readonly name: RelativeName;
  /** Undefined makes the head of a naming context, whose further names are `suffix`. */
  readonly parent: DirectoryObject | undefined;
  readonly suffix?: string;
  readonly className: string;
  readonly auxiliary?: readonly string[];
  readonly attributes: ReadonlyMap<string, readonly Value[]>;
  readonly now: number;
}

const descriptors = new Map<string, readonly Value[]>();
const instanceTypes = { head: ['5'], inner: ['4'] } as const;

/** Puts a new object into the tree with what the directory itself adds to every object; the caller has validated. */
export function plant(store: DirectoryStore, spec: PlantSpec): DirectoryObject {
  const definition = findClass(spec.className);
  if (definition === undefined) throw new Error(`class table: ${spec.className} is missing`);
  const object = new DirectoryObject(randomUUID(), spec.name, spec.parent, spec.suffix ?? '');
  const usn = store.nextUsn();
  object.usnCreated = usn;
  object.set(
    'objectClass',
    spec.auxiliary === undefined ? definition.chain : [...definition.chain, ...spec.auxiliary],
    usn,
  );
  object.set('instanceType', spec.parent === undefined ? instanceTypes.head : instanceTypes.inner, usn);
  object.set('whenCreated', [generalizedTime(spec.now)], usn);
  object.set('name', [spec.name.value], usn);
  object.set('nTSecurityDescriptor', descriptorOf(store.names.domainSid), usn);
  const category = store.findByDn(categoryDn(store, definition.row.category));
  if (category !== undefined && category !== 'malformed') object.set('objectCategory', [category], usn);
  for (const [name, values] of spec.attributes) {
    const found = attribute(name);
    object.attributes.set(found.key, { definition: found, values, usn });
  }
  if (spec.parent === undefined) store.addNamingContext(object);
  store.insert(object);
  store.stamp(object, usn, spec.now);
  return object;
}

export function categoryDn(store: DirectoryStore, category: string): string {
  return `CN=${category},CN=Schema,CN=Configuration,${store.names.baseDn}`;
}

function descriptorOf(domainSid: string): readonly Value[] {
  let values = descriptors.get(domainSid);
  if (values === undefined) descriptors.set(domainSid, (values = [makeSecurityDescriptor(domainSid)]));
  return values;
}
