import type { Kind } from './entry.ts';
import { isUnified } from './group-kind.ts';
import type { JsonObject } from './json.ts';

/** A value that one object of the tenant holds alone. */
export interface UniqueKey {
  /** The property that the conflict names. */
  readonly property: string;
  readonly space: string;
  readonly value: string;
}

/** Anchors are compared as they are, names and addresses without regard to case. */
export function uniqueKeysOf(kind: Kind, properties: JsonObject): UniqueKey[] {
  const keys: UniqueKey[] = [];
  const claim = (property: string, space: string, fold = true) => {
    const value = properties[property];
    if (typeof value === 'string') keys.push({ property, space, value: fold ? value.toLowerCase() : value });
  };
  if (kind === 'user') {
    claim('userPrincipalName', 'upn');
    claim('onPremisesImmutableId', 'immutableId', false);
    claim('mailNickname', 'userNickname');
  }
  if (kind === 'group') {
    claim('uniqueName', 'uniqueName');
    if (isUnified(properties)) claim('mailNickname', 'groupNickname');
  }
  const addresses = properties['proxyAddresses'];
  for (const address of Array.isArray(addresses) ? addresses : []) {
    if (typeof address === 'string')
      keys.push({ property: 'proxyAddresses', space: 'proxy', value: address.toLowerCase() });
  }
  return keys;
}

export class UniqueKeys {
  readonly #holders = new Map<string, string>();

  holder(space: string, value: string): string | undefined {
    return this.#holders.get(`${space}|${value}`);
  }

  /** The first key that somebody else holds. */
  conflict(keys: readonly UniqueKey[], id: string): UniqueKey | undefined {
    return keys.find((key) => (this.holder(key.space, key.value) ?? id) !== id);
  }

  claim(keys: readonly UniqueKey[], id: string): void {
    for (const key of keys) this.#holders.set(`${key.space}|${key.value}`, id);
  }

  release(keys: readonly UniqueKey[], id: string): void {
    for (const key of keys)
      if (this.holder(key.space, key.value) === id) this.#holders.delete(`${key.space}|${key.value}`);
  }
}
