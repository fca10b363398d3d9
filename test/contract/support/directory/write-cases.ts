import { expect } from 'vitest';

import type { DirectoryCase } from './directory-case.ts';
import { guidText } from './guid.ts';
import { passwordValue } from './password-value.ts';

export const writeCases: readonly DirectoryCase[] = [
  {
    name: 'writes: a second object of the same name is refused (68)',
    async run(world) {
      const { dn } = await world.addUser();
      const again = world.admin.add(dn, { objectClass: ['user'], sAMAccountName: world.name('u') });
      await expect(again).rejects.toMatchObject({ code: 68 });
    },
  },
  {
    name: 'writes: sAMAccountName is unique in the domain (68)',
    async run(world) {
      const { account } = await world.addUser();
      await expect(world.addUser({ sAMAccountName: account })).rejects.toMatchObject({ code: 68 });
    },
  },
  {
    name: 'writes: userPrincipalName is unique (19)',
    async run(world) {
      const userPrincipalName = `${world.name('upn')}@corp.example`;
      await world.addUser({ userPrincipalName });
      await expect(world.addUser({ userPrincipalName })).rejects.toMatchObject({ code: 19 });
      const other = await world.addUser();
      const claim = world.modify(other.dn, 'replace', 'userPrincipalName', [userPrincipalName]);
      await expect(claim).rejects.toMatchObject({ code: 19 });
    },
  },
  {
    name: 'writes: a missing parent (32), an unknown attribute (16), a full OU (66) are refused',
    async run(world) {
      await expect(world.addUser({}, `OU=Nowhere,${world.ou}`)).rejects.toMatchObject({ code: 32 });
      await expect(world.addUser({ noSuchAttribute: 'x' })).rejects.toMatchObject({ code: 16 });
      await world.addUser();
      await expect(world.admin.del(world.ou)).rejects.toMatchObject({ code: 66 });
    },
  },
  {
    name: 'writes: member refuses what is there (68), what is not there (53), who does not exist (32)',
    async run(world) {
      const [inside, outside] = [await world.addUser(), await world.addUser()];
      const group = await world.addGroup({ member: inside.dn });
      const add = (dn: string) => world.modify(group.dn, 'add', 'member', [dn]);
      await expect(add(inside.dn)).rejects.toMatchObject({ code: 68 });
      await expect(world.modify(group.dn, 'delete', 'member', [outside.dn])).rejects.toMatchObject({
        code: 53,
      });
      await expect(add(`CN=Nobody,${world.ou}`)).rejects.toMatchObject({ code: 32 });
    },
  },
  {
    name: 'writes: deleting a value that is not there is refused (16) and changes nothing',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      await expect(world.modify(user.dn, 'delete', 'title', ['Director'])).rejects.toMatchObject({
        code: 16,
      });
      expect((await world.read(user.dn, ['title'])).attributes.get('title')).toEqual(['Clerk']);
    },
  },
  {
    name: 'writes: a single-valued attribute takes no second value (20 or 19)',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      const second = world.modify(user.dn, 'add', 'title', ['Director']);
      await expect(second).rejects.toMatchObject({
        code: expect.toSatisfy((code) => code === 20 || code === 19) as number,
      });
    },
  },
  {
    name: 'writes: modifyDN renames and moves; name, cn and dn follow, objectGUID stays',
    async run(world) {
      const user = await world.addUser();
      const target = await world.addOu('Target');
      await world.admin.modifyDN(user.dn, `CN=Müller\\, Jörg,${target.dn}`);
      const { dn, attributes } = await world.read(`<GUID=${guidText(user.guid)}>`, [
        'cn',
        'name',
        'distinguishedName',
      ]);
      expect(dn).toBe(`CN=Müller\\, Jörg,${target.dn}`);
      expect(attributes.get('distinguishedName')).toEqual([dn]);
      expect(attributes.get('cn')).toEqual(['Müller, Jörg']);
      expect(attributes.get('name')).toEqual(['Müller, Jörg']);
      await expect(world.read(user.dn, ['cn'])).rejects.toMatchObject({ code: 32 });
    },
  },
  {
    name: 'writes: identity attributes belong to the system (19)',
    async run(world) {
      const user = await world.addUser();
      const write = world.modify(user.dn, 'replace', 'objectGUID', [Buffer.alloc(16, 7)]);
      await expect(write).rejects.toMatchObject({ code: 19 });
    },
  },
  {
    name: 'passwords: unicodePwd set over TLS is the password from then on',
    async run(world) {
      const userPrincipalName = `${world.name('login')}@corp.example`;
      const user = await world.addUser({ userPrincipalName });
      const password = 'Correct-Horse-8';
      await world.modify(user.dn, 'replace', 'unicodePwd', [passwordValue(password)]);
      await world.modify(user.dn, 'replace', 'userAccountControl', ['512']);
      await world.connectAs({ user: userPrincipalName, password });
      const next = 'Battery-Staple-9';
      await world.modify(user.dn, 'replace', 'unicodePwd', [passwordValue(next)]);
      await world.connectAs({ user: userPrincipalName, password: next });
      const { attributes } = await world.read(user.dn, ['unicodePwd', 'pwdLastSet']);
      expect(attributes.has('unicodePwd')).toBe(false);
      expect(BigInt(String(attributes.get('pwdLastSet')?.[0]))).toBeGreaterThan(0n);
    },
  },
  {
    name: 'passwords: one that breaks the policy is refused with 0000052D (19)',
    async run(world) {
      const user = await world.addUser();
      const set = world.modify(user.dn, 'replace', 'unicodePwd', [passwordValue('short')]);
      await expect(set).rejects.toMatchObject({
        code: 19,
        message: expect.stringContaining('0000052D') as string,
      });
    },
  },
  {
    name: 'passwords: a value without quotes is refused (53)',
    async run(world) {
      const user = await world.addUser();
      const bare = Buffer.from('Correct-Horse-8', 'utf16le');
      await expect(world.modify(user.dn, 'replace', 'unicodePwd', [bare])).rejects.toMatchObject({
        code: 53,
      });
    },
  },
  {
    name: 'passwords: a new one is reported by DirSync as pwdLastSet, without the secret',
    async run(world) {
      const user = await world.addUser();
      const set = () => world.modify(user.dn, 'replace', 'unicodePwd', [passwordValue('Correct-Horse-8')]);
      const entries = await world.changesOf(set);
      expect(entries.map(({ dn }) => dn)).toEqual([user.dn]);
      expect(entries[0]?.attributes.get('pwdLastSet')?.[0]).toMatch(/^\d{18}$/);
      expect(entries[0]?.attributes.get('unicodePwd') ?? []).toEqual([]);
    },
  },
];
