import type { CloudClass } from '../model/link.ts';
import type { ProjectionProblem } from '../rules/projection.ts';
import { targetProperty } from '../rules/target-properties.ts';

/** Why an object cannot be made: there is no value for a property that Entra asks for. Null: it can. */
export function lackOf(
  cloudClass: CloudClass,
  problems: readonly ProjectionProblem[],
): ProjectionProblem | null {
  return problems.find(({ target }) => targetProperty(cloudClass, target)?.isRequired === true) ?? null;
}
