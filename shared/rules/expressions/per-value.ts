import type { Evaluation } from './evaluation.ts';
import type { Argument, CallSite, Closure } from './function-definition.ts';
import { fromValues, isList, type RuntimeValue } from './runtime-value.ts';

/**
 * Applies a function of single values to lists: place by place, as Microsoft documents for multi-valued attributes. Lists
 * that differ in length leave places empty.
 */
export function perValue(
  values: readonly RuntimeValue[],
  apply: (row: readonly RuntimeValue[]) => RuntimeValue,
): RuntimeValue {
  const length = values.reduce<number>((most, one) => (isList(one) ? Math.max(most, one.length) : most), 0);
  if (length === 0) return apply(values);
  const results = Array.from({ length }, (_, index) =>
    apply(values.map((one) => (isList(one) ? (one[index] ?? null) : one))),
  );
  return fromValues(results.map((one) => (isList(one) ? (one.find((some) => some !== null) ?? null) : one)));
}

/**
 * Compiles a call whose function knows single values only. Its arguments are computed first and handed in through slots; a
 * call never runs within itself, so one set of slots is enough.
 */
export function compilePerValue(site: CallSite, compile: (site: CallSite) => Closure): Closure {
  let slots: readonly RuntimeValue[] = [];
  const inner = compile({
    ...site,
    arguments: site.arguments.map((argument, index): Argument | undefined =>
      argument === undefined ? undefined : { ...argument, run: () => slots[index] ?? null },
    ),
  });
  const apply = (evaluation: Evaluation, row: readonly RuntimeValue[]): RuntimeValue => {
    slots = row;
    return inner(evaluation);
  };
  return (evaluation) =>
    perValue(
      site.arguments.map((argument) => argument?.run(evaluation) ?? null),
      (row) => apply(evaluation, row),
    );
}
