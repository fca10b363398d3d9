import { parseDuration } from '../../shared/rules/duration.ts';

/** In UTC, so that it can be compared with every log: 2026-11-23 01:44:10Z. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** How long ago, by its largest unit. Clocks differ a little, so the near future is 'just now'. */
export function ago(at: number, now: number): string {
  const passed = now - at;
  const unit = units.find(([, ms]) => passed >= ms);
  return unit === undefined ? 'just now' : `${Math.floor(passed / unit[1])} ${unit[0]} ago`;
}

/** Epoch ms of `90s`, `30m`, `1h`, `7d`, `PT1H` before now, or of a date; null for what is none of them. */
export function parseSince(text: string, now: number): number | null {
  const short = /^(\d{1,6})\s*(s|m|min|h|d)$/.exec(text.trim());
  if (short !== null) {
    const unit = short[2] === 'm' ? 'min' : short[2];
    const ms = units.find(([name]) => name === unit)?.[1] ?? 0;
    return now - Number(short[1]) * ms;
  }
  const duration = parseDuration(text);
  if (duration !== null) return now - duration;
  // Date.parse alone would take '5' for a month, and a time without a zone for local time.
  const date = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(
    text,
  );
  if (date === null) return null;
  const at = Date.parse(`${date[1] ?? ''}T${date[2] ?? '00:00'}${date[3] ?? 'Z'}`);
  return Number.isNaN(at) ? null : at;
}
