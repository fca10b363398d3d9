import type { Cloud } from './cloud.ts';

/** What the function app logged, line by line: the host prints it among its own lines. */
export function logLines(cloud: Pick<Cloud, 'hostLog'>): readonly Record<string, unknown>[] {
  return cloud.hostLog.flatMap((line) => {
    const at = line.indexOf('{"');
    if (at < 0) return [];
    try {
      return [JSON.parse(line.slice(at)) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
}
