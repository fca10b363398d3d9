import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Logs tell what happened; copies of the product, settings and the agent's key are of no use to whoever reads them.
 * At once, since a process that exits waits for nothing.
 */
export function removeFolder(folder: string, keepsLogs: boolean): void {
  const files = keepsLogs ? readdirSync(folder).filter((file) => !file.endsWith('.log')) : [''];
  // Somebody who is just ending may still write a file.
  for (const file of files)
    rmSync(join(folder, file), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
