/** One piece of a .NET custom date format: a run of one letter, or characters that stand for themselves. */
export type DatePiece =
  | { readonly kind: 'field'; readonly letter: string; readonly length: number }
  | { readonly kind: 'literal'; readonly text: string };

/** Standard formats of the invariant culture, as .NET documents them. */
const standardFormats: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  D: 'dddd, dd MMMM yyyy',
  f: 'dddd, dd MMMM yyyy HH:mm',
  F: 'dddd, dd MMMM yyyy HH:mm:ss',
  g: 'MM/dd/yyyy HH:mm',
  G: 'MM/dd/yyyy HH:mm:ss',
  m: 'MMMM dd',
  M: 'MMMM dd',
  o: "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
  O: "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
  r: "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
  R: "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
  s: "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
  t: 'HH:mm',
  T: 'HH:mm:ss',
  u: "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
  y: 'yyyy MMMM',
  Y: 'yyyy MMMM',
};

const longest: Readonly<Record<string, number>> = {
  d: 4,
  f: 7,
  F: 7,
  g: 2,
  h: 2,
  H: 2,
  K: 1,
  m: 2,
  M: 4,
  s: 2,
  t: 2,
  y: 5,
  z: 3,
};

/** Pieces of a .NET date format, standard or custom; null where it is none. */
export function datePieces(format: string): readonly DatePiece[] | null {
  const text = format.length === 1 ? standardFormats[format] : format;
  if (text === undefined || text === '') return null;
  const pieces: DatePiece[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '\\') {
      if (at + 1 >= text.length) return null;
      pieces.push({ kind: 'literal', text: text.charAt(at + 1) });
      at += 2;
    } else if (character === '"' || character === "'") {
      const end = text.indexOf(character, at + 1);
      if (end < 0) return null;
      pieces.push({ kind: 'literal', text: text.slice(at + 1, end) });
      at = end + 1;
    } else if (character === '%') {
      // Makes a single letter a custom format: %d is the day.
      if (longest[text.charAt(at + 1)] === undefined) return null;
      at += 1;
    } else if (longest[character] === undefined) {
      pieces.push({ kind: 'literal', text: character });
      at += 1;
    } else {
      let end = at + 1;
      while (text.charAt(end) === character) end += 1;
      const length = Math.min(end - at, longest[character] ?? 1);
      pieces.push({ kind: 'field', letter: character, length });
      at += character === 'f' || character === 'F' ? length : end - at;
    }
  }
  return pieces;
}
