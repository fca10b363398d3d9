const form = /^P(?:(\d{1,5})W|(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?)$/;

/** Milliseconds of an ISO 8601 duration; null for what is none. Years and months have no fixed length and are refused. */
export function parseDuration(text: string): number | null {
  const found = form.exec(text);
  if (!found || text === 'P') return null;
  const part = (index: number): number => Number(found[index] ?? '0');
  const days = part(1) * 7 + part(2);
  return (((days * 24 + part(3)) * 60 + part(4)) * 60 + part(5)) * 1_000;
}
