import type { Evaluation } from './evaluation.ts';
import type { FunctionDefinition } from './function-definition.ts';
import type { RuntimeValue } from './runtime-value.ts';
import type { Syntax } from './syntax.ts';

/** What a dialect knows beyond its grammar. */
export interface Dialect {
  readonly syntax: Syntax;
  /** By case-sensitive name. */
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  /** Names that stand for a value. */
  readonly constants: ReadonlyMap<string, (evaluation: Evaluation) => RuntimeValue>;
}
