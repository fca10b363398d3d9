import type { RunningDirectory } from '../../../local/directory/start-directory.ts';

/** The embedded directory's side door: faults, and what befalls a database. */
export async function controlDirectory(
  running: RunningDirectory,
  method: 'POST' | 'DELETE',
  path: string,
  body: unknown = {},
): Promise<void> {
  const response = await fetch(`${running.control}${path}`, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
