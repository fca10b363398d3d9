const timeSpan = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/;

/** Milliseconds of a .NET TimeSpan (`[d.]hh:mm[:ss[.fffffff]]`), the form of every duration in host.json. */
export function parseTimeSpan(text: string): number | undefined {
  const found = timeSpan.exec(text.trim());
  if (found === null) return undefined;
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '0'] = found;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  const milliseconds = whole * 1000 + Number(`0.${fraction}`) * 1000;
  return sign === undefined ? milliseconds : -milliseconds;
}

export function formatTimeSpan(milliseconds: number): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(milliseconds / 1000);
  const rest = milliseconds % 1000;
  const days = Math.floor(seconds / 86_400);
  const clock = `${pad(Math.floor(seconds / 3600) % 24)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return `${days > 0 ? `${days}.` : ''}${clock}${rest > 0 ? `.${String(Math.round(rest)).padStart(3, '0')}0000` : ''}`;
}
