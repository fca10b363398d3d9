/** One value in a comparison; null where there is none. */
export type Value = string | boolean | null;

/** One object as it is or should be in the cloud. */
export interface Shown {
  readonly kind: 'user' | 'group';
  /** What people call it: principal name or display name. */
  readonly label: string;
  readonly values: Readonly<Record<string, Value>>;
  /** Anchors of members; empty for users. */
  readonly members: ReadonlySet<string>;
}

/** Objects by anchor: immutable id of a user, unique name of a group. */
export type Picture = ReadonlyMap<string, Shown>;

export interface Difference {
  readonly object: string;
  readonly attribute: string;
  readonly expected: string;
  readonly found: string;
}

export interface Comparison {
  readonly users: number;
  readonly groups: number;
  readonly members: number;
  /** Values that are there and were compared. */
  readonly attributes: number;
  readonly differences: readonly Difference[];
}

/** Object by object, attribute by attribute, member by member; nothing in the cloud may be left over. */
export function compare(expected: Picture, found: Picture): Comparison {
  const differences: Difference[] = [];
  const counts = { users: 0, groups: 0, members: 0, attributes: 0 };
  for (const [anchor, wanted] of expected) {
    const object = `${wanted.kind} ${wanted.label}`;
    counts[wanted.kind === 'user' ? 'users' : 'groups'] += 1;
    counts.members += wanted.members.size;
    counts.attributes += Object.values(wanted.values).filter((value) => value !== null).length;
    const actual = found.get(anchor);
    if (actual === undefined)
      differences.push({ object, attribute: 'object', expected: 'present', found: 'absent' });
    else differences.push(...differ(object, wanted, actual, expected, found));
  }
  for (const [anchor, { kind, label }] of found)
    if (!expected.has(anchor))
      differences.push({
        object: `${kind} ${label}`,
        attribute: 'object',
        expected: 'absent',
        found: 'present',
      });
  return { ...counts, differences };
}

function differ(
  object: string,
  wanted: Shown,
  actual: Shown,
  expected: Picture,
  found: Picture,
): Difference[] {
  const differences: Difference[] = [];
  for (const attribute of new Set([...Object.keys(wanted.values), ...Object.keys(actual.values)])) {
    const [want, have] = [wanted.values[attribute] ?? null, actual.values[attribute] ?? null];
    if (want !== have) differences.push({ object, attribute, expected: print(want), found: print(have) });
  }
  const nameOf = (anchor: string): string => (expected.get(anchor) ?? found.get(anchor))?.label ?? anchor;
  for (const member of minus(wanted.members, actual.members))
    differences.push({ object, attribute: 'members', expected: nameOf(member), found: 'no such member' });
  for (const member of minus(actual.members, wanted.members))
    differences.push({ object, attribute: 'members', expected: 'no such member', found: nameOf(member) });
  return differences;
}

const print = (value: Value): string => (value === null ? 'nothing' : JSON.stringify(value));

const minus = (a: ReadonlySet<string>, b: ReadonlySet<string>): string[] =>
  [...a].filter((one) => !b.has(one));
