/** Letters that Unicode does not decompose but Microsoft's table replaces. */
const letters: Readonly<Record<string, string>> = {
  æ: 'ae',
  Æ: 'AE',
  ø: 'oe',
  Ø: 'OE',
  œ: 'oe',
  Œ: 'OE',
  ß: 'ss',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
};

/** Only combining marks of Latin, Greek and Cyrillic: vowel signs of other scripts are letters, not accents. */
const marks = /[\u0300-\u036f]/g;
const undecomposed = /[æÆøØœŒßłŁı]/g;

/** Replaces letters with diacritics by plain ones, as the table of Microsoft's reference does. */
export function normalizeDiacritics(text: string): string {
  return text
    .normalize('NFD')
    .replace(marks, '')
    .replace(undecomposed, (letter) => letters[letter] ?? letter)
    .normalize('NFC');
}
