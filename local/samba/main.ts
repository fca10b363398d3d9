import { parseArgs } from 'node:util';

import type { DelegatedAccount } from './samba-rights.ts';
import { startSamba, type SambaDomain } from './start-samba.ts';

const { values } = parseArgs({
  options: {
    'plain-bind': { type: 'boolean', default: false },
    // A relay agent's account: no rights but to read, deleted objects too.
    account: { type: 'string' },
  },
});

const stopRequested = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

try {
  const domain = await startSamba({ isPlainBindAllowed: values['plain-bind'] });
  const account = values.account === undefined ? undefined : await createReader(domain, values.account);
  const { ldap, ldaps, servername, ca, caFile, baseDn, admin, pid } = domain;
  console.log(
    JSON.stringify({ ready: true, ldap, ldaps, servername, baseDn, admin, account, pid, caFile, ca }),
  );
  const why = await Promise.race([stopRequested, domain.exited.then(() => 'ended' as const)]);
  await domain.stop();
  if (why === 'ended') {
    console.error('Samba ended by itself');
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function createReader(domain: SambaDomain, name: string): Promise<DelegatedAccount> {
  const account = await domain.createDelegatedAccount(name);
  await domain.grantDeletedObjectsRead(name);
  return account;
}
