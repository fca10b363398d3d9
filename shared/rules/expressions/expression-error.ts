/** Why an expression cannot be compiled or evaluated. */
export type ExpressionErrorCode =
  | 'unknown-function'
  | 'arity'
  | 'syntax'
  | 'bad-argument'
  | 'out-of-range'
  | 'type'
  | 'nesting'
  | 'escrow'
  | 'too-long'
  /** A rule said so itself (Error of the connect dialect). */
  | 'custom';

/**
 * Thrown inside this folder only, from wherever the trouble is, and turned into a value where an expression is compiled or
 * evaluated. Messages name attributes and functions, never attribute values (they would end in logs).
 */
export class ExpressionError extends Error {
  readonly code: ExpressionErrorCode;
  /** From 1, in the text of the expression. */
  readonly column: number;
  readonly hint: string | undefined;

  constructor(code: ExpressionErrorCode, message: string, column: number, hint?: string) {
    super(message);
    this.name = 'ExpressionError';
    this.code = code;
    this.column = column;
    this.hint = hint;
  }
}
