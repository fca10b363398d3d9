import type { Expression } from './ast.ts';

/** Canonical text of a tree: parsing it again gives the same tree. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'text':
      return `"${expression.value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    case 'number':
      return expression.notation === 'hex'
        ? `&H${expression.value.toString(16).toUpperCase()}`
        : printDecimal(expression.value);
    case 'attribute':
      return `[${expression.name}]`;
    case 'parameter':
      return `%${expression.name}%`;
    case 'variable':
      return `$${expression.name}`;
    case 'constant':
      return expression.name;
    case 'call':
      return `${expression.name}(${expression.arguments.map(printExpression).join(', ')})`;
    case 'binary':
      return `${printSide(expression.left)} ${expression.operator} ${printSide(expression.right)}`;
    case 'empty':
      return '';
  }
}

function printSide(side: Expression): string {
  return side.kind === 'binary' ? `(${printExpression(side)})` : printExpression(side);
}

/** Small fractions would print with an exponent, which the grammar does not have; literals have at most 15 decimals. */
function printDecimal(value: number | bigint): string {
  const text = String(value);
  return typeof value === 'number' && text.includes('e') ? value.toFixed(15).replace(/0+$/, '') : text;
}
