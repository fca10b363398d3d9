/** RFC 4511 Filter. Values stay bytes: only the attribute's syntax says whether they are text. */
export type SearchFilter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly SearchFilter[] }
  | { readonly kind: 'not'; readonly filter: SearchFilter }
  | {
      readonly kind: 'equal' | 'greater-or-equal' | 'less-or-equal' | 'approximately';
      readonly attribute: string;
      readonly value: Buffer;
    }
  | {
      readonly kind: 'substrings';
      readonly attribute: string;
      readonly initial: Buffer | undefined;
      readonly any: readonly Buffer[];
      readonly final: Buffer | undefined;
    }
  | { readonly kind: 'present'; readonly attribute: string }
  | {
      readonly kind: 'extensible';
      readonly rule: string;
      readonly attribute: string;
      readonly value: Buffer;
    };
