import { readFileSync } from 'node:fs';

/** Of Linux: USER_HZ is 100 on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** Processor time that a process has used so far, in seconds, its threads included (proc(5): utime and stime). */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the name in parentheses, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The most memory that a process ever had resident, in MB (proc(5): VmHWM). */
export function peakMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  return (kilobytes * 1_024) / 1_000_000;
}
