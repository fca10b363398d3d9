/**
 * Replaces characters by a dictionary `source:target,source:target`. Microsoft's own example ends in `ö,o`: two entries without
 * a colon side by side are taken for one.
 *
 * @returns null where the dictionary has another form
 */
export function replaceChars(text: string, dictionary: string): string | null {
  const targets = targetsOf(dictionary);
  if (targets === null) return null;
  return Array.from(text, (character) => targets.get(character) ?? character).join('');
}

function targetsOf(dictionary: string): ReadonlyMap<string, string> | null {
  const targets = new Map<string, string>();
  const entries = dictionary
    .replaceAll(/\s/g, '')
    .split(',')
    .filter((entry) => entry !== '');
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at] ?? '';
    const colon = entry.indexOf(':');
    const next = entries[at + 1];
    let [source, target] = [entry.slice(0, colon), entry.slice(colon + 1)];
    if (colon < 0) {
      if (next === undefined || next.includes(':')) return null;
      [source, target] = [entry, next];
      at += 1;
    }
    if (Array.from(source).length !== 1 || target.includes(':')) return null;
    targets.set(source, target);
  }
  return targets;
}
