import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { CommandContext } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Outcome } from '../outcome.ts';
import type { Paint } from '../text/paint.ts';
import { answerCase, expressionCaseSchema, type CaseAnswer } from './expression-case.ts';
import { reading } from './reading.ts';

export interface EvalOptions {
  readonly cases?: string;
  readonly dialect?: string;
  readonly attribute?: readonly string[];
  readonly parameter?: readonly string[];
  readonly existing?: readonly string[];
  readonly now?: string;
}

/** Evaluates one expression, or every line of a case file, without asking anybody. */
export function evaluateExpressions(
  { paint }: CommandContext,
  expression: string | undefined,
  options: EvalOptions,
): Outcome {
  if ((expression === undefined) === (options.cases === undefined))
    throw usageError('name either an expression or a file with --cases');
  return expression === undefined
    ? evaluateCases(options.cases ?? '-')
    : evaluateOne(expression, options, paint);
}

function evaluateOne(expression: string, options: EvalOptions, paint: Paint): Outcome {
  const attributes: Record<string, string[]> = {};
  for (const [name, value] of pairsOf(options.attribute, '--attribute'))
    attributes[name] = [...(attributes[name] ?? []), value];
  const given = {
    dialect: options.dialect,
    expression,
    attributes,
    parameters: Object.fromEntries(pairsOf(options.parameter, '--parameter')),
    existing: options.existing ?? [],
    now: options.now,
  };
  const parsed = expressionCaseSchema.safeParse(given);
  if (!parsed.success) throw usageError(z.prettifyError(parsed.error));
  const answer = answerCase(parsed.data, Date.now);
  return {
    data: answer,
    text: answerText(answer, expression, paint),
    ...('error' in answer ? { exitCode: exitCodes.failure } : {}),
  };
}

function pairsOf(
  given: readonly string[] | undefined,
  option: string,
): readonly (readonly [string, string])[] {
  return (given ?? []).map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 1) throw usageError(`${option} is written name=value, not ${pair}`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
}

function answerText(answer: CaseAnswer, expression: string, paint: Paint): string {
  if ('ignoreFlow' in answer) return 'the flow is ignored: the target keeps what it has';
  if ('value' in answer) {
    const text = JSON.stringify(answer.value);
    return answer.logged === undefined ? text : `${text}\nin logs: ${answer.logged}`;
  }
  const { code, message, column, hint } = answer.error;
  const lines = [`${paint('red', code)} at column ${column}: ${message}`, ...pointer(expression, column)];
  return (hint === undefined ? lines : [...lines, hint]).join('\n');
}

/** The line of the expression with a mark under the column. */
function pointer(expression: string, column: number): readonly string[] {
  const before = expression.slice(0, column - 1);
  const start = before.lastIndexOf('\n') + 1;
  const [line = ''] = expression.slice(start).split('\n');
  const shown = line.slice(0, 200);
  const at = column - 1 - start;
  return at > shown.length ? [] : [`  ${shown}`, `  ${' '.repeat(at)}^`];
}

/** One JSON answer a line, in the order of the cases. */
function evaluateCases(file: string): Outcome {
  const lines = reading(file, () => readFileSync(file === '-' ? 0 : file, 'utf8'))
    .split('\n')
    .map((text, index) => ({ text: text.trim(), number: index + 1 }))
    .filter(({ text }) => text !== '');
  const answers = lines.map(({ text, number }) => answerLine(file, text, number));
  return { data: answers, text: answers.map((answer) => JSON.stringify(answer)).join('\n') };
}

function answerLine(file: string, text: string, number: number): CaseAnswer {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw usageError(`${file}:${number}: this line is not JSON`);
  }
  const parsed = expressionCaseSchema.safeParse(content);
  if (!parsed.success) throw usageError(`${file}:${number}: ${z.prettifyError(parsed.error)}`);
  return answerCase(parsed.data, Date.now);
}
