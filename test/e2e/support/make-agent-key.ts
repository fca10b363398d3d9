import { join } from 'node:path';
import { run } from '../../../local/product.ts';

/** The key that an `AgentProcess` with its files in `folder` signs with; the public one is base64 of its SPKI form. */
export async function makeAgentKey(folder: string): Promise<{ keyId: string; publicKey: string }> {
  const out = join(folder, 'agent.key');
  const made = await run([process.execPath, 'agent/entry.ts', 'keygen', '--out', out]);
  if (made.code !== 0) throw new Error(`agent keygen: ${made.stderr}`);
  return JSON.parse(made.stdout) as { keyId: string; publicKey: string };
}
