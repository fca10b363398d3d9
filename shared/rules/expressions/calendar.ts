/**
 * Adds whole years and months as .NET does: 31 January and one month is the last day of February.
 *
 * @param ms epoch ms
 */
export function addCalendar(
  ms: number,
  { years = 0, months = 0 }: { years?: number; months?: number },
): number {
  const date = new Date(ms);
  const total = date.getUTCFullYear() * 12 + date.getUTCMonth() + years * 12 + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12;
  const result = new Date(0);
  result.setUTCFullYear(year, month + 1, 0);
  const last = result.getUTCDate();
  result.setUTCFullYear(year, month, Math.min(date.getUTCDate(), last));
  return result.getTime() + (ms - Math.floor(ms / 86_400_000) * 86_400_000);
}
