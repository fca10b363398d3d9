import type { SearchFilter } from './search-filter.ts';

export interface RequestControl {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

export interface AttributeValues {
  readonly type: string;
  readonly values: readonly Buffer[];
}

type SearchScope = 'base' | 'one' | 'sub';

export interface SearchOperation {
  readonly kind: 'search';
  readonly base: string;
  readonly scope: SearchScope;
  readonly sizeLimit: number;
  readonly typesOnly: boolean;
  readonly filter: SearchFilter;
  readonly attributes: readonly string[];
}

export interface AddOperation {
  readonly kind: 'add';
  readonly dn: string;
  readonly attributes: readonly AttributeValues[];
}

export interface ModifyOperation {
  readonly kind: 'modify';
  readonly dn: string;
  readonly changes: readonly {
    readonly action: 'add' | 'delete' | 'replace';
    readonly attribute: AttributeValues;
  }[];
}

export interface ModifyDnOperation {
  readonly kind: 'modify-dn';
  readonly dn: string;
  readonly newRdn: string;
  readonly newSuperior: string | undefined;
}

export interface BindOperation {
  readonly kind: 'bind';
  readonly name: string;
  /** Absent for SASL. */
  readonly password: Buffer | undefined;
}

export interface CompareOperation {
  readonly kind: 'compare';
  readonly dn: string;
  readonly attribute: string;
  readonly value: Buffer;
}

interface ExtendedOperation {
  readonly kind: 'extended';
  readonly oid: string;
}

export type LdapOperation =
  | BindOperation
  | SearchOperation
  | AddOperation
  | ModifyOperation
  | ModifyDnOperation
  | CompareOperation
  | ExtendedOperation
  | { readonly kind: 'delete'; readonly dn: string }
  | { readonly kind: 'abandon'; readonly target: number }
  | { readonly kind: 'unbind' };

export interface LdapRequest {
  readonly id: number;
  readonly operation: LdapOperation;
  readonly controls: readonly RequestControl[];
}
