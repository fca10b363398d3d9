import { attribute, findClass, type AttributeDefinition, type ClassDefinition } from '../schema/schema.ts';
import { formatRelativeName, relativeNameKey, type RelativeName } from './distinguished-name.ts';

/** Text, bytes, or a reference: DN-valued attributes follow their target through renames and moves. */
export type Value = string | Buffer | DirectoryObject;

interface StoredAttribute {
  readonly definition: AttributeDefinition;
  readonly values: readonly Value[];
  /** Update sequence number of the last change; an attribute without values remembers that it was cleared. */
  readonly usn: number;
}

/** One value of a linked attribute; a removed one stays, absent, so that DirSync can report the removal. */
export interface LinkValue {
  readonly target: DirectoryObject;
  readonly usn: number;
  readonly isPresent: boolean;
}

/**
 * An object of the directory tree. Children hang on their parent and references on their target, so that a rename or
 * move of an organizational unit touches one object only, as in AD.
 */
export class DirectoryObject {
  readonly guid: string;
  name: RelativeName;
  parent: DirectoryObject | undefined;
  readonly children = new Map<string, DirectoryObject>();
  readonly attributes = new Map<string, StoredAttribute>();
  /** Forward links by attribute key, then target. */
  readonly links = new Map<string, Map<DirectoryObject, LinkValue>>();
  /** Back links by attribute key: who points here. */
  readonly backLinks = new Map<string, Set<DirectoryObject>>();
  usnCreated = 0;
  usnChanged = 0;
  changedAt = 0;
  /** Digests of the password and those before it, newest first; never leaves the directory. */
  passwords: readonly string[] = [];
  /** Set on the heads of naming contexts: the part of their DN above the first name. */
  readonly suffix: string;

  constructor(guid: string, name: RelativeName, parent: DirectoryObject | undefined, suffix = '') {
    this.guid = guid;
    this.name = name;
    this.parent = parent;
    this.suffix = suffix;
  }

  get dn(): string {
    const own = formatRelativeName(this.name);
    if (this.parent !== undefined) return `${own},${this.parent.dn}`;
    return this.suffix === '' ? own : `${own},${this.suffix}`;
  }

  get key(): string {
    return relativeNameKey(this.name);
  }

  get isDeleted(): boolean {
    return this.attributes.get('isdeleted')?.values.length === 1;
  }

  values(key: string): readonly Value[] {
    return this.attributes.get(key)?.values ?? [];
  }

  /** First value of a text attribute. */
  text(key: string): string | undefined {
    const value = this.values(key)[0];
    return typeof value === 'string' ? value : undefined;
  }

  /** First value of a binary attribute. */
  bytes(key: string): Buffer | undefined {
    const value = this.values(key)[0];
    return Buffer.isBuffer(value) ? value : undefined;
  }

  set(name: string, values: readonly Value[], usn: number): void {
    const definition = attribute(name);
    this.attributes.set(definition.key, { definition, values, usn });
  }

  hasClass(name: string): boolean {
    return this.values('objectclass').some(
      (value) => typeof value === 'string' && value.toLowerCase() === name,
    );
  }

  /** The most derived class: the last value of objectClass that is not auxiliary. */
  get structuralClass(): ClassDefinition {
    const names = this.values('objectclass').filter((value) => typeof value === 'string');
    const found = names.map((value) => findClass(value)).findLast((one) => one?.row.kind === 'structural');
    if (found === undefined) throw new Error(`${this.dn} has no structural class`);
    return found;
  }

  /** Of a rollback: nothing here is newer than `usn`. */
  lowerTo(usn: number): void {
    this.usnChanged = Math.min(this.usnChanged, usn);
    for (const [key, stored] of this.attributes) {
      if (stored.usn > usn) this.attributes.set(key, { ...stored, usn });
    }
    for (const values of this.links.values()) {
      for (const [target, link] of values) if (link.usn > usn) values.set(target, { ...link, usn });
    }
  }

  isWithin(ancestor: DirectoryObject): boolean {
    return this === ancestor || this.parent?.isWithin(ancestor) === true;
  }

  /** The object, then everything below it. */
  *subtree(): Generator<DirectoryObject> {
    yield this;
    for (const child of this.children.values()) yield* child.subtree();
  }
}
