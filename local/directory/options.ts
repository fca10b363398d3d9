import { parseArgs } from 'node:util';
import type { DirectoryOptions } from './start-directory.ts';

export const usage = `Usage: node local/directory/main.ts [options]

  --port N           LDAP port on 127.0.0.1, with StartTLS (default 0: a free one)
  --tls-port N       LDAPS port (default 0)
  --control-port N   HTTP port for rights and faults (default 0)
  --domain NAME      DNS name of the domain (default corp.example)
  --admin-password P password of Administrator (default: random)
  --account NAME     make an account that may read everything, deleted objects too
  --generate N       make N users at start
  --dirsync-page N   objects in one DirSync answer at most (default 1000)
  --plain-bind       take simple binds without TLS
  --ca-out FILE      where to write the certificate authority (default: a temporary file)
  --log FILE         append one JSON line per write
  --help             this text
`;

export interface CommandLine {
  readonly options: DirectoryOptions;
  readonly caOut: string | undefined;
  readonly account: string | undefined;
  readonly isHelp: boolean;
}

/** @throws Error with a message for the user. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      port: { type: 'string', default: '0' },
      'tls-port': { type: 'string', default: '0' },
      'control-port': { type: 'string', default: '0' },
      account: { type: 'string' },
      domain: { type: 'string', default: 'corp.example' },
      'admin-password': { type: 'string' },
      generate: { type: 'string', default: '0' },
      'dirsync-page': { type: 'string', default: '1000' },
      'plain-bind': { type: 'boolean', default: false },
      'ca-out': { type: 'string' },
      log: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(values.domain))
    throw new Error(`--domain: '${values.domain}' is no DNS name`);
  const adminPassword = values['admin-password'];
  return {
    isHelp: values.help,
    caOut: values['ca-out'],
    account: values.account,
    options: {
      port: whole('port', values.port, 65_535),
      tlsPort: whole('tls-port', values['tls-port'], 65_535),
      controlPort: whole('control-port', values['control-port'], 65_535),
      generate: whole('generate', values.generate, 1_000_000),
      dirSyncPage: Math.max(1, whole('dirsync-page', values['dirsync-page'], 1_000_000)),
      domain: values.domain.toLowerCase(),
      allowPlainBind: values['plain-bind'],
      ...(adminPassword === undefined ? {} : { adminPassword }),
      ...(values.log === undefined ? {} : { log: values.log }),
    },
  };
}

function whole(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw new Error(`--${flag}: '${text}' is no number between 0 and ${max}`);
}
