import type { Syntax } from './syntax.ts';
import type { ExpressionErrorCode } from './expression-error.ts';
import type { RuntimeValue } from './runtime-value.ts';

/** What an evaluation reads. Everything comes in as a value. */
export interface EvaluationInput {
  /** By the canonical name the compiler chose; null: known to be empty. */
  readonly read: (attribute: string) => RuntimeValue;
  /** Epoch ms. */
  readonly now: number;
  readonly parameters: Readonly<Record<string, string>>;
  /** Unpredictable bytes, for RandomString and Guid. */
  readonly random?: (bytes: number) => Uint8Array;
  /** Whether somebody in the target has the value already, for SelectUniqueValue. */
  readonly exists?: (value: string) => boolean;
}

export type EvaluationResult =
  | {
      readonly ok: true;
      readonly value: RuntimeValue;
      /** Epoch ms when time alone may change the value; null when it cannot. */
      readonly reviewAt: number | null;
      /** The target keeps what it has (IgnoreFlowIfNullOrEmpty); the value is null then. */
      readonly isFlowIgnored: boolean;
      /** Logs show [Redact] instead of the value. */
      readonly isRedacted: boolean;
    }
  | {
      readonly ok: false;
      readonly code: ExpressionErrorCode;
      readonly message: string;
      readonly column: number;
    };

/** An expression, parsed, checked and turned into closures once. */
export interface CompiledExpression {
  /** Canonical print: the same for the same meaning, however it was spaced. */
  readonly text: string;
  readonly syntax: Syntax;
  /** Attributes it may read, each once, in order of appearance. */
  readonly attributes: readonly string[];
  /** Functions it calls, each once. */
  readonly functions: readonly string[];
  /** Parameters it names, each once. */
  readonly parameters: readonly string[];
  /** It calls a function that draws: in a flow it is evaluated when the object is made, and never again. */
  readonly isRandom: boolean;
  /** It offers values of which the first that is free is taken when the object is made. */
  readonly isUnique: boolean;
  readonly evaluate: (input: EvaluationInput) => EvaluationResult;
}
