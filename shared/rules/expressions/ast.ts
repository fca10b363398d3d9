export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type Operator = ComparisonOperator | '&' | '+' | '-' | '*' | '&&' | '||';

/** Columns count from 1 in the text of the expression. */
interface At {
  readonly column: number;
}

/** One tree for both dialects: what differs between them is the tokens and the operators a parser lets through. */
export type Expression =
  | (At & { readonly kind: 'text'; readonly value: string })
  | (At & { readonly kind: 'number'; readonly value: number | bigint; readonly notation: 'decimal' | 'hex' })
  | (At & { readonly kind: 'attribute'; readonly name: string })
  /** %Name% of the connect dialect. */
  | (At & { readonly kind: 'parameter'; readonly name: string })
  /** $name of the connect dialect. */
  | (At & { readonly kind: 'variable'; readonly name: string })
  | (At & { readonly kind: 'constant'; readonly name: string })
  | (At & { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] })
  | (At & {
      readonly kind: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    })
  /** An argument left out between two commas. */
  | (At & { readonly kind: 'empty' });

/** Visits a tree, parents first; a visitor that returns false leaves the children out. */
export function walk(expression: Expression, visit: (node: Expression) => boolean): void {
  if (!visit(expression)) return;
  if (expression.kind === 'call') for (const argument of expression.arguments) walk(argument, visit);
  if (expression.kind === 'binary') {
    walk(expression.left, visit);
    walk(expression.right, visit);
  }
}
