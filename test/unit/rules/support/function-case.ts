import type { Attributes } from './evaluate.ts';

/** What an expression gives over attributes; an error is `{ error: code }`. */
export type FunctionCase = readonly [expression: string, expected: unknown, attributes?: Attributes];
