/** One JSON line of the log as people read it: time of day, level, text, fields; an error's action on a line of its own. */
export function plainLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const { action, ...others } = fields;
  const shown = Object.entries(others).map(([name, value]) => `${oneLine(name)}=${show(value)}`);
  const moment = String(time).slice(11, 23);
  const head = [moment, String(level).toUpperCase().padEnd(5), oneLine(String(msg)), ...shown].join('  ');
  return typeof action === 'string' ? `${head}\n${' '.repeat(21)}→ ${oneLine(action)}\n` : `${head}\n`;
}

const show = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);

/** Text from elsewhere must not be able to fake lines or steer the terminal. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
