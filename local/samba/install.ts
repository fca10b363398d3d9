import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';

import { installSamba } from './install-samba.ts';
import { aptCommand, installCommand, sambaAvailability } from './samba-availability.ts';

const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } });

process.exitCode = await main();

async function main(): Promise<number> {
  const availability = sambaAvailability();
  if (availability.available) {
    console.log('Samba is installed');
    return 0;
  }
  if (process.getuid?.() !== 0) {
    console.error(availability.cause);
    return 2;
  }
  if (!values.yes && !(await isAgreed())) return 2;
  try {
    await installSamba();
  } catch (error) {
    console.error(`Samba was not installed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const now = sambaAvailability();
  console.log(now.available ? 'Samba is installed; no service was started' : now.cause);
  return now.available ? 0 : 1;
}

async function isAgreed(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    console.log(
      `Samba is not installed. This installs it (about 90 MB), starting no service:\n  ${installCommand}`,
    );
    return false;
  }
  console.log(`This runs, with a temporary policy-rc.d that keeps services from starting:\n  ${aptCommand}`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Install Samba (about 90 MB)? [y/N] ');
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
