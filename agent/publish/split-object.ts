import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';

export interface SplitLimits {
  /** Most that one piece may take in a message, as `carriedBytes` counts. */
  readonly pieceBytes: number;
  /** Most that the attributes of one object may take together. */
  readonly objectBytes: number;
}

const quote = 0x22;
const backslash = 0x5c;

/** Size of a value inside the message, where its JSON is a string in JSON: quotes and backslashes count twice. */
export function carriedBytes(value: unknown): number {
  return carriedTextBytes(JSON.stringify(value));
}

/** The same for a value whose JSON is there already. Counted rather than written once more: this is done for every object. */
export function carriedTextBytes(json: string): number {
  let escapes = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    // Nothing else in a JSON text needs escaping: what does was escaped when it was made.
    if (code === quote || code === backslash) escapes += 1;
  }
  return Buffer.byteLength(json) + escapes + 2;
}

const keyBytes = carriedBytes(['0'.repeat(64)]);

/**
 * Cuts an object that is too large for one change set: attributes go into several pieces, each speaking for its own,
 * links into ranges of values. An attribute stays whole; one that cannot be carried is left out and named in
 * `oversized`, and the reading does not speak for it.
 *
 * @param asked what the change set's reading asked for.
 */
export function splitObject(
  change: ObjectChange,
  asked: readonly string[],
  limits: SplitLimits,
): readonly ObjectChange[] {
  if (carriedBytes(change) <= limits.pieceBytes) return [change];
  const { attributes, links, whole, oversized = [], ...identity } = change;
  const room = limits.pieceBytes - carriedBytes(identity) - carriedBytes(asked) - 200;
  const { kept, dropped } = dropOversized(attributes, room, limits.objectBytes);
  const groups = groupAttributes(kept, room);
  const left = [...oversized, ...dropped];
  const pieces = groups.map((names, part): ObjectChange => {
    const values = Object.fromEntries(names.map((name) => [name, attributes[name] ?? []]));
    const piece: ObjectChange =
      part === 0 ? { ...identity, attributes: values } : { key: change.key, attributes: values };
    if (whole === undefined) return part === 0 && left.length > 0 ? { ...piece, oversized: left } : piece;
    const spokenFor =
      part === 0 ? withoutNames(change.asked ?? asked, [...groups.slice(1).flat(), ...left]) : names;
    const base: ObjectChange = {
      ...piece,
      ...(change.class === undefined ? {} : { class: change.class }),
      whole: { part, of: groups.length },
      asked: [...spokenFor],
    };
    return part === 0 && left.length > 0 ? { ...base, oversized: left } : base;
  });
  return [...pieces, ...splitLinks(change.key, links ?? {}, limits.pieceBytes)];
}

function withoutNames(names: readonly string[], without: readonly string[]): readonly string[] {
  const gone = new Set(without);
  return names.filter((name) => !gone.has(name));
}

/** Leaves out what cannot travel by itself, then the largest until the rest is small enough. */
function dropOversized(
  attributes: ObjectChange['attributes'],
  room: number,
  objectBytes: number,
): { kept: readonly (readonly [string, number])[]; dropped: readonly string[] } {
  const sizes = Object.entries(attributes).map(
    ([name, values]) => [name, carriedBytes({ [name]: values })] as const,
  );
  const dropped = sizes.filter(([, bytes]) => bytes > room);
  const kept = sizes.filter(([, bytes]) => bytes <= room).sort(([, a], [, b]) => a - b);
  let total = kept.reduce((sum, [, bytes]) => sum + bytes, 0);
  while (total > objectBytes) {
    const largest = kept.pop();
    if (largest === undefined) break;
    dropped.push(largest);
    total -= largest[1];
  }
  return { kept, dropped: dropped.map(([name]) => name) };
}

/** At least one group, so that a whole read of an object without values still has its part 0. */
function groupAttributes(
  sizes: readonly (readonly [string, number])[],
  room: number,
): readonly (readonly string[])[] {
  const groups: string[][] = [[]];
  let used = 0;
  for (const [name, bytes] of sizes) {
    // The name appears once more in `asked`.
    const cost = bytes + name.length + 8;
    if (used > 0 && used + cost > room) {
      groups.push([]);
      used = 0;
    }
    groups.at(-1)?.push(name);
    used += cost;
  }
  return groups;
}

function splitLinks(
  key: string,
  links: NonNullable<ObjectChange['links']>,
  pieceBytes: number,
): readonly ObjectChange[] {
  const perPiece = Math.max(1, Math.floor((pieceBytes - 400) / keyBytes));
  return Object.entries(links).flatMap(([name, { added, removed, ...rest }]) => {
    const pieces: ObjectChange[] = [];
    for (let at = 0; at < Math.max(added.length, removed.length); at += perPiece) {
      const range = [at, at + perPiece] as const;
      for (const [plus, minus] of [
        [added.slice(...range), []],
        [[], removed.slice(...range)],
      ] as const) {
        if (plus.length + minus.length === 0) continue;
        pieces.push({
          key,
          attributes: {},
          links: { [name]: { added: [...plus], removed: [...minus], ...rest } },
        });
      }
    }
    return pieces;
  });
}
