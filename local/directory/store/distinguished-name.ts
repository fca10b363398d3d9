/** One relative name, its value unescaped: `CN=Doe\, Jane` is { type: 'CN', value: 'Doe, Jane' }. */
export interface RelativeName {
  readonly type: string;
  readonly value: string;
}

/** Leaf first; undefined for what is no DN. An empty text is the empty name. */
export function parseDn(text: string): readonly RelativeName[] | undefined {
  if (text.trim() === '') return [];
  const names: RelativeName[] = [];
  for (const part of splitUnescaped(text)) {
    const equals = part.indexOf('=');
    if (equals < 1) return undefined;
    const type = part.slice(0, equals).trim();
    const value = unescapeValue(part.slice(equals + 1));
    if (!/^([A-Za-z][\w-]*|\d+(\.\d+)+)$/.test(type) || value === undefined || value === '') return undefined;
    names.push({ type: type.toUpperCase(), value });
  }
  return names;
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === ',') {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Leading and trailing blanks count only when escaped; `\2C` is a byte of UTF-8. */
function unescapeValue(raw: string): string | undefined {
  const text = raw.replace(/^ +/, '');
  const bytes: Buffer[] = [];
  let keptUntil = 0;
  for (let index = 0; index < text.length; index += 1) {
    const rest = text.slice(index + 1, index + 3);
    if (text[index] !== '\\') {
      const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
      bytes.push(Buffer.from(character));
      index += character.length - 1;
      if (character !== ' ') keptUntil = bytes.length;
      continue;
    }
    if (/^[0-9a-fA-F]{2}$/.test(rest)) {
      bytes.push(Buffer.from(rest, 'hex'));
      index += 2;
    } else if (rest !== '') {
      bytes.push(Buffer.from(rest.slice(0, 1)));
      index += 1;
    } else return undefined;
    keptUntil = bytes.length;
  }
  return Buffer.concat(bytes.slice(0, keptUntil)).toString('utf8');
}

/** As Samba writes names: a backslash before most special characters, hexadecimal for `;`, `=` and control characters. */
function escapeValue(value: string): string {
  // Nearly all names are plain, and every entry sent has one.
  if (!/[\\,+"<>;=\0\n\r]|^[ #]| $/.test(value)) return value;
  return value
    .replace(/[\\,+"<>]/g, '\\$&')
    .replace(
      /[;=\0\n\r]/g,
      (character) => `\\${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!\\) $/, '\\ ');
}

export function formatRelativeName(name: RelativeName): string {
  return `${name.type}=${escapeValue(name.value)}`;
}

/** Names are compared without regard to case. */
export function relativeNameKey(name: RelativeName): string {
  return `${name.type.toLowerCase()}=${name.value.toLowerCase()}`;
}
