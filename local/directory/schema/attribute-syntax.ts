/** AD's attribute syntaxes, named for what they hold (MS-ADTS 3.1.1.2.2.2). */
export type AttributeSyntax =
  | 'text'
  | 'exact'
  | 'dn'
  | 'dn-binary'
  | 'oid'
  | 'boolean'
  | 'integer'
  | 'large-integer'
  | 'octets'
  | 'time'
  | 'descriptor'
  | 'sid';

const binarySyntaxes: ReadonlySet<AttributeSyntax> = new Set(['octets', 'descriptor', 'sid']);

/** Binary values are kept as bytes, all others as text; DN values as references (value.ts). */
export function isBinary(syntax: AttributeSyntax): boolean {
  return binarySyntaxes.has(syntax);
}

export function isWellFormed(syntax: AttributeSyntax, value: string): boolean {
  switch (syntax) {
    case 'boolean':
      return value === 'TRUE' || value === 'FALSE';
    case 'integer':
      return /^-?\d{1,10}$/.test(value) && Math.abs(Number(value)) <= 0xffffffff;
    case 'large-integer':
      return /^-?\d{1,19}$/.test(value);
    case 'time':
      return /^\d{14}(\.\d+)?(Z|[+-]\d{4})$/.test(value) || /^\d{12}Z$/.test(value);
    default:
      return true;
  }
}
