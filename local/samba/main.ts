import { parseArgs } from 'node:util';

import { startSamba } from './start-samba.ts';

const { values } = parseArgs({ options: { 'plain-bind': { type: 'boolean', default: false } } });

const stopRequested = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

try {
  const domain = await startSamba({ isPlainBindAllowed: values['plain-bind'] });
  const { ldap, ldaps, servername, ca, caFile, baseDn, admin, pid } = domain;
  console.log(JSON.stringify({ ready: true, ldap, ldaps, servername, baseDn, admin, pid, caFile, ca }));
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
