import type { AttributeSyntax } from './attribute-syntax.ts';
import { attributeTable } from './attribute-table.ts';
import { constructed, linkPairs, notReplicated, systemOnly, upperBounds } from './attribute-traits.ts';
import type { ClassRow } from './class-row.ts';
import { identityClasses } from './identity-classes.ts';
import { infrastructureClasses } from './infrastructure-classes.ts';

export interface AttributeDefinition {
  readonly name: string;
  /** Lower-case name, the key everywhere inside. */
  readonly key: string;
  readonly syntax: AttributeSyntax;
  readonly singleValued: boolean;
  readonly replicated: boolean;
  readonly constructed: boolean;
  readonly systemOnly: boolean;
  readonly upperBound: number | undefined;
  /** Of a forward link: the back link's key, or '' when it has none. */
  readonly backLink: string | undefined;
  /** Of a back link: the forward link's key. */
  readonly forwardLink: string | undefined;
}

export interface ClassDefinition {
  readonly row: ClassRow;
  /** top first, the class itself last: the values of objectClass. */
  readonly chain: readonly string[];
  readonly may: ReadonlySet<string>;
  readonly superiors: ReadonlySet<string>;
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const keys = (text: string): Set<string> => new Set(words(text).map((word) => word.toLowerCase()));

/** Lets go of what AD itself needs but its schema lists for no class here. */
const unlisted = [{ syntax: 'octets' as const, singleValued: true, names: 'parentGUID' }];

function readAttributes(): Map<string, AttributeDefinition> {
  const [local, computed, reserved] = [keys(notReplicated), keys(constructed), keys(systemOnly)];
  const forward = new Map(words(linkPairs).map((pair) => pair.toLowerCase().split('/') as [string, string]));
  const backward = new Map([...forward].map(([from, back]) => [back, from]));
  const bounds = new Map(words(upperBounds).map((pair) => pair.toLowerCase().split(':') as [string, string]));
  const definitions = new Map<string, AttributeDefinition>();
  for (const { syntax, singleValued, names } of [...attributeTable, ...unlisted]) {
    for (const name of words(names)) {
      const key = name.toLowerCase();
      const bound = bounds.get(key);
      const backLink = forward.get(key);
      definitions.set(key, {
        name,
        key,
        syntax,
        singleValued,
        replicated: !local.has(key) && !computed.has(key) && key !== 'parentguid',
        constructed: computed.has(key) || key === 'parentguid',
        systemOnly: reserved.has(key) || key === 'parentguid',
        upperBound: bound === undefined ? undefined : Number(bound),
        backLink: backLink === '-' ? '' : backLink,
        forwardLink: backward.get(key),
      });
    }
  }
  return definitions;
}

function readClasses(): Map<string, ClassDefinition> {
  const rows = new Map(
    [...identityClasses, ...infrastructureClasses].map((row) => [row.name.toLowerCase(), row]),
  );
  const row = (name: string): ClassRow => {
    const found = rows.get(name.toLowerCase());
    if (found === undefined) throw new Error(`class table: ${name} is missing`);
    return found;
  };
  const collect = (name: string, may: Set<string>, superiors: Set<string>): string[] => {
    const current = row(name);
    for (const key of [...keys(current.may), ...keys(current.must)]) may.add(key);
    for (const superior of keys(current.superiors)) superiors.add(superior);
    for (const auxiliary of words(current.auxiliary)) collect(auxiliary, may, new Set());
    if (current.name === 'top') return ['top'];
    return [...collect(current.parent, may, superiors), current.name];
  };
  const classes = new Map<string, ClassDefinition>();
  for (const [key, current] of rows) {
    const may = new Set<string>();
    const superiors = new Set<string>();
    const chain = collect(current.name, may, superiors);
    classes.set(key, { row: current, chain, may, superiors });
  }
  return classes;
}

const attributes = readAttributes();
const classes = readClasses();

export function findAttribute(name: string): AttributeDefinition | undefined {
  return attributes.get(name.toLowerCase());
}

/** For names that the directory itself uses. */
export function attribute(name: string): AttributeDefinition {
  const found = findAttribute(name);
  if (found === undefined) throw new Error(`attribute table: ${name} is missing`);
  return found;
}

export function findClass(name: string): ClassDefinition | undefined {
  return classes.get(name.toLowerCase());
}

export function allClasses(): Iterable<ClassDefinition> {
  return classes.values();
}
