import { readFileSync } from 'node:fs';

/** Clock ticks a second that /proc counts in: 100 on every Linux that Node runs on (man 5 proc, sysconf _SC_CLK_TCK). */
const ticksPerSecond = 100;

export interface ProcessUsage {
  /** CPU seconds, user and system, of all its threads. */
  readonly cpuSeconds: number;
  /** Bytes it has read and written, sockets included. */
  readonly bytes: number;
}

/** What a process has used since it started; Linux only. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces; the fields after it do not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1] ?? 0);
  return { cpuSeconds, bytes: field('rchar') + field('wchar') };
}
