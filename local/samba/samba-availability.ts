import { existsSync } from 'node:fs';

type SambaAvailability = { readonly available: true } | { readonly available: false; readonly cause: string };

/** Debian's names, as measured to be enough for provisioning a domain on a bare machine. */
export const sambaPackages: readonly string[] = [
  ...[
    'samba',
    'samba-ad-provision',
    'samba-dsdb-modules',
    'samba-vfs-modules',
    'winbind',
    'ldb-tools',
    'smbclient',
  ],
  ...[
    'krb5-user',
    'ldap-utils',
    'python3-samba',
    'python3-gpg',
    'gnupg',
    'tdb-tools',
    'python3-cryptography',
  ],
  'python3-markdown',
];

export const installCommand = 'node local/samba/install.ts --yes';

export const aptCommand = `apt-get install -y --no-install-recommends ${sambaPackages.join(' ')}`;

const parts = ['/usr/sbin/samba', '/usr/bin/samba-tool', '/usr/share/samba/setup/provision.ldif'];

/** Says whether `startSamba` can work here, and if not, what is missing. */
export function sambaAvailability(): SambaAvailability {
  if (process.platform !== 'linux')
    return unavailable(`Samba runs here on Linux only, not on ${process.platform}`);
  if (process.getuid?.() !== 0) {
    return unavailable("needs root: a Samba domain controller's LDAP port 389 cannot be moved");
  }
  const missing = parts.filter((path) => !existsSync(path));
  if (missing.length === 0) return { available: true };
  return unavailable(
    `Samba is not installed (no ${missing.join(', ')}): ${installCommand}, or ${aptCommand}`,
  );
}

function unavailable(cause: string): SambaAvailability {
  return { available: false, cause };
}
