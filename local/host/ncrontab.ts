/**
 * NCRONTAB as the NCrontab library reads it: `{second} {minute} {hour} {day} {month} {day-of-week}` (five fields: second 0).
 * Its own rules, which no common cron library keeps: `a/n` runs from a to the maximum, names match by prefix, day and day-of-week
 * must both fit, day-of-week is 0 to 6, and there is no ?, L, W, # or @nickname.
 */
interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const fields: readonly Field[] = [
  { name: 'second', least: 0, most: 59 },
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: months },
  { name: 'day-of-week', least: 0, most: 6, names: weekdays },
];

const horizonYears = 8;

/** The first instant (UTC) strictly after the one given, or undefined when none comes within the horizon (30 February). */
export type NextOccurrence = (after: Date) => Date | undefined;

export function parseNcrontab(expression: string): NextOccurrence {
  const words = expression.trim().split(/\s+/);
  if (words.length === 5) words.unshift('0');
  if (words.length !== 6) {
    throw new Error(
      `'${expression}' is not a schedule: expected 5 or 6 fields, found ${expression.trim() === '' ? 0 : words.length}.`,
    );
  }
  const sets = fields.map((field, at) => parseField(field, words[at] ?? '', expression));
  return (after) => nextOccurrence(sets, after);
}

function parseField(field: Field, text: string, expression: string): ReadonlySet<number> {
  const fail = (why: string): never => {
    throw new Error(`'${expression}' is not a schedule: ${field.name} '${text}' ${why}.`);
  };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const found = /^([^/-]+)(?:-([^/-]+))?(?:\/(\d+))?$/.exec(part);
    if (found === null) return fail('cannot be read');
    const [, from = '', to, step] = found;
    const every = step === undefined ? 1 : Number(step);
    if (every === 0) return fail('has a step of zero');
    const isAll = from === '*';
    if (isAll && to !== undefined) return fail('cannot be read');
    const first = isAll ? field.least : parseValue(field, from);
    const last = to !== undefined ? parseValue(field, to) : isAll || step !== undefined ? field.most : first;
    if (first === undefined || last === undefined)
      return fail(`must lie between ${field.least} and ${field.most}`);
    // NCrontab reads a range written backwards as the same range.
    for (let value = Math.min(first, last); value <= Math.max(first, last); value += every) values.add(value);
  }
  return values;
}

function parseValue(field: Field, text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    return value >= field.least && value <= field.most ? value : undefined;
  }
  const at = field.names?.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase())) ?? -1;
  return at < 0 ? undefined : at + field.least;
}

function nextOccurrence(sets: readonly ReadonlySet<number>[], after: Date): Date | undefined {
  const [seconds, minutes, hours, days, monthSet, weekdaySet] = sets as [
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
  ];
  const at = new Date(after);
  at.setUTCMilliseconds(0);
  at.setUTCSeconds(at.getUTCSeconds() + 1);
  const lastYear = at.getUTCFullYear() + horizonYears;
  while (at.getUTCFullYear() <= lastYear) {
    if (!monthSet.has(at.getUTCMonth() + 1)) {
      at.setUTCMonth(at.getUTCMonth() + 1, 1);
      at.setUTCHours(0, 0, 0);
    } else if (!days.has(at.getUTCDate()) || !weekdaySet.has(at.getUTCDay())) {
      at.setUTCDate(at.getUTCDate() + 1);
      at.setUTCHours(0, 0, 0);
    } else if (!hours.has(at.getUTCHours())) at.setUTCHours(at.getUTCHours() + 1, 0, 0);
    else if (!minutes.has(at.getUTCMinutes())) at.setUTCMinutes(at.getUTCMinutes() + 1, 0);
    else if (!seconds.has(at.getUTCSeconds())) at.setUTCSeconds(at.getUTCSeconds() + 1);
    else return at;
  }
  return undefined;
}
