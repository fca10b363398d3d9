import { expect } from 'vitest';

import type { DirectoryCase } from './directory-case.ts';
import type { DirectoryWorld } from './directory-world.ts';
import { passwordValue } from './password-value.ts';

const password = 'Correct-Horse-7';

async function addAccount(world: DirectoryWorld, control = '512'): Promise<{ user: string; dn: string }> {
  const upn = `${world.name('login')}@corp.example`;
  const unicodePwd = passwordValue(password);
  const { dn } = await world.addUser({ userPrincipalName: upn, userAccountControl: control, unicodePwd });
  return { user: upn, dn };
}

/** The one text by which a client can tell why a bind was refused: `data` is a Windows error code in hex. */
async function refusal(world: DirectoryWorld, user: string, secret: string): Promise<string> {
  const client = world.connect();
  const error: unknown = await client.bind(user, secret).then(
    () => new Error('the bind was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 49 });
  return (error as Error).message;
}

export const bindCases: readonly DirectoryCase[] = [
  {
    name: 'LDAPS verifies by authority and server name, and binds by UPN',
    async run(world) {
      const { user } = await addAccount(world);
      const client = await world.connectAs({ user, password });
      const { searchEntries } = await client.search('', { scope: 'base', attributes: ['dnsHostName'] });
      expect(searchEntries).toHaveLength(1);
    },
  },
  {
    name: 'a distinguished name binds too',
    async run(world) {
      const { dn } = await addAccount(world);
      await world.connectAs({ user: dn, password });
    },
  },
  {
    name: 'StartTLS turns a plain connection into one that may bind',
    async run(world) {
      const { user } = await addAccount(world);
      const client = world.connect(world.fixture.ldapUrl);
      await client.startTLS({ ...world.fixture.tls });
      await client.bind(user, password);
      const { searchEntries } = await client.search(world.ou, { scope: 'base' });
      expect(searchEntries).toHaveLength(1);
    },
  },
  {
    name: 'an untrusted certificate is refused by the client',
    async run(world) {
      const client = world.connectWith({ servername: world.fixture.tls.servername });
      await expect(client.bind(world.fixture.admin.user, world.fixture.admin.password)).rejects.toMatchObject(
        {
          code: expect.stringMatching(/SELF_SIGNED_CERT|UNABLE_TO_VERIFY/) as string,
        },
      );
    },
  },
  {
    name: 'StartTLS with an untrusted certificate is refused by the client',
    async run(world) {
      const client = world.connect(world.fixture.ldapUrl);
      await expect(client.startTLS({ servername: world.fixture.tls.servername })).rejects.toMatchObject({
        code: expect.stringMatching(/SELF_SIGNED_CERT|UNABLE_TO_VERIFY/) as string,
      });
    },
  },
  {
    name: "a certificate for another server's name is refused by the client",
    async run(world) {
      const client = world.connectWith({ ca: world.fixture.tls.ca, servername: 'dc9.elsewhere.example' });
      await expect(client.bind(world.fixture.admin.user, world.fixture.admin.password)).rejects.toMatchObject(
        {
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        },
      );
    },
  },
  {
    name: 'a wrong password is refused with data 52e',
    async run(world) {
      const { user } = await addAccount(world);
      expect(await refusal(world, user, 'wrong')).toMatch(/AcceptSecurityContext error, data 52e,/);
    },
  },
  {
    // Windows says 525 (no such user) here, Samba 52e as for a wrong password.
    name: 'an unknown user is refused with data 525 or 52e',
    async run(world) {
      expect(await refusal(world, 'nobody@corp.example', password)).toMatch(/data 52[5e],/);
    },
  },
  {
    name: 'a disabled account is refused with data 533',
    async run(world) {
      const { user } = await addAccount(world, '514');
      expect(await refusal(world, user, password)).toMatch(/data 533,/);
    },
  },
  {
    name: 'an expired account is refused with data 701',
    async run(world) {
      const { user, dn } = await addAccount(world);
      await world.modify(dn, 'replace', 'accountExpires', ['130000000000000000']);
      expect(await refusal(world, user, password)).toMatch(/data 701,/);
    },
  },
  {
    name: 'a password that must be changed first is refused with data 773',
    async run(world) {
      const { user, dn } = await addAccount(world);
      await world.modify(dn, 'replace', 'pwdLastSet', ['0']);
      expect(await refusal(world, user, password)).toMatch(/data 773,/);
    },
  },
  {
    name: 'without a bind only rootDSE can be read',
    async run(world) {
      const client = world.connect();
      const { searchEntries } = await client.search('', {
        scope: 'base',
        attributes: ['defaultNamingContext'],
      });
      expect(searchEntries[0]).toMatchObject({ defaultNamingContext: world.fixture.baseDn });
      await expect(client.search(world.fixture.baseDn, { scope: 'base' })).rejects.toMatchObject({ code: 1 });
    },
  },
];
