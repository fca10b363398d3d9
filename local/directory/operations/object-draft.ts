import { attribute, type AttributeDefinition } from '../schema/schema.ts';
import { attributeValues } from '../store/attribute-values.ts';
import type { DirectoryObject, Value } from '../store/directory-object.ts';
import { isLinked, linkTargets, setLink } from '../store/links.ts';
import { sameValues } from '../store/value.ts';

interface DraftValues {
  readonly definition: AttributeDefinition;
  readonly values: readonly Value[];
}

/**
 * The changes of one request before they are made: a request takes effect as a whole or not at all. Links are kept as
 * differences, because a group can have very many.
 */
export class ObjectDraft {
  readonly #object: DirectoryObject | undefined;
  readonly #values = new Map<string, DraftValues>();
  readonly #links = new Map<string, Map<DirectoryObject, boolean>>();

  /** Without an object: the draft of a new one. */
  constructor(object: DirectoryObject | undefined) {
    this.#object = object;
  }

  values(key: string): readonly Value[] {
    const drafted = this.#values.get(key);
    if (drafted !== undefined) return drafted.values;
    return this.#object === undefined ? [] : attributeValues(this.#object, attribute(key));
  }

  text(key: string): string | undefined {
    const value = this.values(key)[0];
    return typeof value === 'string' ? value : undefined;
  }

  write(definition: AttributeDefinition, values: readonly Value[]): void {
    this.#values.set(definition.key, { definition, values });
  }

  isLinked(key: string, target: DirectoryObject): boolean {
    const drafted = this.#links.get(key)?.get(target);
    return drafted ?? (this.#object !== undefined && isLinked(this.#object, key, target));
  }

  link(key: string, target: DirectoryObject, isPresent: boolean): void {
    const delta = this.#links.get(key) ?? new Map<DirectoryObject, boolean>();
    this.#links.set(key, delta.set(target, isPresent));
  }

  unlinkAll(key: string): void {
    if (this.#object !== undefined)
      for (const target of linkTargets(this.#object, key)) this.link(key, target, false);
    for (const target of this.#links.get(key)?.keys() ?? []) this.link(key, target, false);
  }

  targets(key: string): DirectoryObject[] {
    const present = new Set(this.#object === undefined ? [] : linkTargets(this.#object, key));
    for (const [target, isPresent] of this.#links.get(key) ?? []) {
      if (isPresent) present.add(target);
      else present.delete(target);
    }
    return [...present];
  }

  /** Newly linked targets of an attribute. */
  added(key: string): DirectoryObject[] {
    return [...(this.#links.get(key) ?? [])].filter(([, isPresent]) => isPresent).map(([target]) => target);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Keys whose values would differ. */
  changedKeys(): string[] {
    const keys: string[] = [];
    for (const [key, { definition, values }] of this.#values) {
      const before = this.#object?.values(key) ?? [];
      if (!sameValues(definition.syntax, before, values)) keys.push(key);
    }
    for (const key of this.#links.keys()) if (this.#changedLinks(key).length > 0) keys.push(key);
    return keys;
  }

  /** Everything drafted, for a new object. */
  attributes(): Map<string, readonly Value[]> {
    const result = new Map<string, readonly Value[]>();
    for (const [key, { values }] of this.#values) if (values.length > 0) result.set(key, values);
    return result;
  }

  /** Writes into the object what differs, all under one number. */
  commit(object: DirectoryObject, usn: number): void {
    for (const key of this.changedKeys()) {
      const drafted = this.#values.get(key);
      if (drafted !== undefined) object.attributes.set(key, { ...drafted, usn });
    }
    this.commitLinks(object, usn);
  }

  commitLinks(object: DirectoryObject, usn: number): void {
    for (const key of this.#links.keys()) {
      for (const [target, isPresent] of this.#changedLinks(key)) {
        setLink(object, attribute(key), target, isPresent, usn);
      }
    }
  }

  #changedLinks(key: string): [DirectoryObject, boolean][] {
    const object = this.#object;
    return [...(this.#links.get(key) ?? [])].filter(([target, isPresent]) => {
      return (object !== undefined && isLinked(object, key, target)) !== isPresent;
    });
  }
}
