/** Distinguished names as text (RFC 4514), as far as the agent needs them: cutting at the first comma and comparing. */

/** Splits into RDNs, first one first; escaped commas stay inside. */
export function splitDn(dn: string): readonly string[] {
  if (dn === '') return [];
  const parts: string[] = [];
  let start = 0;
  for (let comma = commaIn(dn, 0); comma !== -1; comma = commaIn(dn, start)) {
    parts.push(trimmed(dn.slice(start, comma)));
    start = comma + 1;
  }
  parts.push(trimmed(dn.slice(start)));
  return parts;
}

/** Where the RDN that begins at `start` ends; -1 for the last one. */
function commaIn(dn: string, start: number): number {
  let isQuoted = false;
  for (let i = start; i < dn.length; i += 1) {
    const char = dn[i];
    if (char === '\\') i += 1;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === ',' && !isQuoted) return i;
  }
  return -1;
}

/** Without the optional spaces around a part; an escaped space at its end belongs to the value. */
function trimmed(part: string): string {
  // Spaces only: other white space belongs to the value (RFC 4514 section 2.4).
  const text = part.replace(/^ +| +$/g, '');
  const backslashes = /\\*$/.exec(text)?.[0].length ?? 0;
  return backslashes % 2 === 1 ? `${text} ` : text;
}

/** The name of the container, or '' for a name of one part. */
export function parentDn(dn: string): string {
  const comma = commaIn(dn, 0);
  return comma === -1 ? '' : dn.slice(comma + 1).replace(/^ +/, '');
}

/**
 * A form in which two spellings of one name are equal: lower case, no optional spaces, one way of escaping.
 * Only for comparing; AD's own comparison also folds some accents, which would matter for names typed by hand alone.
 */
export function normalizeDn(dn: string): string {
  return splitDn(dn).map(normalizeRdn).join(',');
}

function normalizeRdn(rdn: string): string {
  const equals = rdn.indexOf('=');
  if (equals === -1) return rdn.toLowerCase();
  const type = rdn.slice(0, equals).trim().toLowerCase();
  return `${type}=${escapeDnValue(unescapeDnValue(trimmed(rdn.slice(equals + 1)))).toLowerCase()}`;
}

/** The value behind its escapes. */
export function unescapeDnValue(value: string): string {
  const text = /^".*"$/s.test(value) ? value.slice(1, -1) : value;
  if (!text.includes('\\')) return text;
  // Runs of \xx are UTF-8 bytes; any other character behind a backslash stands for itself.
  return text.replace(
    /((?:\\[0-9a-fA-F]{2})+)|\\(.)/gs,
    (_all, run: string | undefined, char: string | undefined) =>
      run === undefined ? (char ?? '') : decodeHex(run),
  );
}

function decodeHex(run: string): string {
  const hex = run.slice(1).split('\\');
  return new TextDecoder().decode(Uint8Array.from(hex, (digits) => Number.parseInt(digits, 16)));
}

/** Escapes what may not stand as it is in a value (RFC 4514 section 2.4). */
export function escapeDnValue(value: string): string {
  return value
    .replace(/[,+"\\<>;=]/g, '\\$&')
    .replace(/^ | $/g, '\\ ')
    .replaceAll('\u0000', '\\00')
    .replaceAll('\n', '\\0a');
}
