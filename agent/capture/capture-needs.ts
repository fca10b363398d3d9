import type { Configure } from '../../shared/contracts/agent-command.v1.ts';

/** What `configure` asks for, ready for looking up by the lower-case names that entries carry. */
export interface CaptureNeeds {
  readonly configure: Configure;
  /** Attribute names as the rules spell them, by lower-case name. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Lower-case names. */
  readonly references: ReadonlySet<string>;
  readonly links: ReadonlyMap<string, string>;
  readonly binary: ReadonlySet<string>;
  /** Lower-case classes whose objects are sent. */
  readonly classes: ReadonlySet<string>;
}

export function captureNeeds(configure: Configure): CaptureNeeds {
  const byName = (names: readonly string[]): Map<string, string> =>
    new Map(names.map((name) => [name.toLowerCase(), name]));
  const classes = new Set(configure.classes.map((name) => name.toLowerCase()));
  if (classes.has('user')) classes.add('inetorgperson');
  const links = byName(configure.links);
  const attributes = byName(configure.attributes);
  for (const link of links.keys()) attributes.delete(link);
  return {
    configure,
    attributes,
    references: new Set(configure.references.map((name) => name.toLowerCase())),
    links,
    binary: new Set(configure.binary.map((name) => name.toLowerCase())),
    classes,
  };
}

/**
 * The attributes that `wanted` asks for and `known` did not; null when anything else is to be read
 * differently, which only reading everything again can mend. What is no longer asked for needs no reading at all.
 */
export function addedAttributes(known: Configure, wanted: Configure): readonly string[] | null {
  const before = captureNeeds(known);
  const after = captureNeeds(wanted);
  const kept = [...after.attributes.keys()].filter((name) => before.attributes.has(name));
  const ofKept = (names: ReadonlySet<string>): readonly string[] => kept.filter((name) => names.has(name));
  const rest = (needs: CaptureNeeds): string =>
    JSON.stringify([
      [...needs.classes].sort(),
      [...needs.links.keys()].sort(),
      needs.configure.primaryGroup,
      needs.configure.skipCritical,
      ofKept(needs.references),
      ofKept(needs.binary),
    ]);
  if (rest(before) !== rest(after)) return null;
  return [...after.attributes]
    .filter(([name]) => !before.attributes.has(name))
    .map(([, spelling]) => spelling);
}

/** Whether both ask for the same reads; revision and containers do not change what is read. */
export function isSameNeeds(a: Configure, b: Configure): boolean {
  const reads = ({ revision: _revision, containers: _containers, ...rest }: Configure): string =>
    JSON.stringify(
      Object.entries(rest)
        .map(([name, value]) => [
          name,
          Array.isArray(value) ? value.map((item) => item.toLowerCase()).sort() : value,
        ])
        .sort(([left], [right]) => String(left).localeCompare(String(right))),
    );
  return reads(a) === reads(b);
}
