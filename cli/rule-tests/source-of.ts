import type { RuleSet } from '../../shared/rules/rule-set.ts';

/** The source connector that is meant: the one that is named, else the only one there is. */
export function sourceOf(
  rules: RuleSet,
  wanted: string | undefined,
): { readonly connector: string } | { readonly problem: string } {
  const sources = Object.values(rules.connectors).flatMap(({ name, type }) =>
    type === 'entra' ? [] : [name],
  );
  const [only, ...others] = sources;
  if (wanted !== undefined && sources.includes(wanted)) return { connector: wanted };
  if (wanted === undefined && only !== undefined && others.length === 0) return { connector: only };
  return {
    problem:
      wanted === undefined
        ? `the rules have ${sources.length} sources: name one with "connector"`
        : `there is no source connector ${wanted}; known: ${sources.join(', ')}`,
  };
}
