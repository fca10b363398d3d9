import type { CompiledExpression } from './expressions/compiled-expression.ts';

/** In a flow it gives a value when the object is made, and never again. */
export const isChosen = ({ isRandom, isUnique }: CompiledExpression): boolean => isRandom || isUnique;
