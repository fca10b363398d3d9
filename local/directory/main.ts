import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommandLine, usage, type CommandLine } from './options.ts';
import { startDirectory } from './start-directory.ts';

function read(): CommandLine {
  try {
    return readCommandLine(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`directory: ${error instanceof Error ? error.message : 'bad options'}\n\n${usage}`);
    process.exit(2);
  }
}

const { options, caOut, account, isHelp } = read();
if (isHelp) {
  process.stdout.write(usage);
  process.exit(0);
}
const running = await startDirectory(options).catch((error: unknown) => {
  process.stderr.write(`directory: cannot start: ${error instanceof Error ? error.message : 'unknown'}\n`);
  process.exit(1);
});
const folder = caOut === undefined ? mkdtempSync(join(tmpdir(), 'dirbridge-directory-')) : undefined;
const caPath = caOut ?? join(folder ?? '', 'ca.pem');
writeFileSync(caPath, running.ca);

const delegated = account === undefined ? undefined : running.createAccount(account);
if (account !== undefined) running.grantDeletedObjectsRead(account);

const stop = (): void => {
  void running.stop().then(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

const { port, ldap, ldaps, control, servername, baseDn, admin } = running;
const ready = {
  ready: true,
  port,
  ldap,
  ldaps,
  servername,
  ca: caPath,
  caFile: caPath,
  control,
  baseDn,
  admin,
  account: delegated,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);
