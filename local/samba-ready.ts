import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from './product.ts';
import { sambaAvailability } from './samba/samba-availability.ts';

/** Goes on when Samba can be started; else asks to install it, or says what is missing and ends with 2. */
export async function prepareSamba(): Promise<void> {
  if (sambaAvailability().available) return;
  const child = spawn(process.execPath, ['local/samba/install.ts'], { cwd: root, stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) process.exit(code ?? 1);
}
