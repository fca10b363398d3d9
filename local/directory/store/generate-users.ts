import { attribute } from '../schema/schema.ts';
import { accountDefaults, accountFlag } from './account-defaults.ts';
import { fileTime } from './ad-time.ts';
import type { DirectoryObject, Value } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import { setLink } from './links.ts';
import { plant } from './plant.ts';
import { sidToBytes } from './sid.ts';

const givenNames = ['Ada', 'Björn', 'Chloé', 'Dario', 'Emine', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jiří'];
const surnames = [
  'Abel',
  'Brandt',
  'Côté',
  'Dietrich',
  'Eriksen',
  'Fischer',
  'García',
  'Horvat',
  'Ito',
  'Jansen',
  'Kral',
];
const departments = ['Sales', 'Finance', 'Research', 'Support', 'Legal', 'Logistics', 'Production'];
const titles = ['Clerk', 'Engineer', 'Analyst', 'Team Lead', 'Consultant'];
const PER_MANAGER = 20;

const pick = (list: readonly string[], index: number): string => list[index % list.length] ?? '';

/** Makes enabled users in OU=Generated; the same count gives the same people. Every twentieth manages those after. */
export function generateUsers(store: DirectoryStore, count: number, now: number): void {
  if (count === 0) return;
  const unit = plant(store, {
    name: { type: 'OU', value: 'Generated' },
    parent: store.domainHead,
    className: 'organizationalUnit',
    attributes: new Map<string, readonly Value[]>([['ou', ['Generated']]]),
    now,
  });
  // One array for all who share a value: twenty thousand users should fit into a laptop.
  const shared = new Map(
    accountDefaults(accountFlag.normal).map(([name, value]) => [name, [value] as const]),
  );
  const passwordSet = [fileTime(now)];
  let manager: DirectoryObject | undefined;
  for (let index = 0; index < count; index += 1) {
    const number = String(index + 1).padStart(6, '0');
    const [given, surname] = [pick(givenNames, index), pick(surnames, index)];
    const attributes = new Map<string, readonly Value[]>([
      ...shared,
      ['pwdLastSet', passwordSet],
      ['sAMAccountName', [`user${number}`]],
      ['userPrincipalName', [`user${number}@${store.names.domain}`]],
      ['objectSid', [sidToBytes(`${store.names.domainSid}-${store.takeRelativeId()}`)]],
      ['givenName', [given]],
      ['sn', [surname]],
      ['displayName', [`${given} ${surname} ${number}`]],
      ['mail', [`user${number}@${store.names.domain}`]],
      ['mailNickname', [`user${number}`]],
      ['department', [pick(departments, index)]],
      ['title', [pick(titles, index)]],
      ['company', ['Contoso']],
      ['telephoneNumber', [`+49 30 ${number}`]],
      ['employeeID', [number]],
      ['c', ['DE']],
      ['l', ['Berlin']],
    ]);
    const user = plant(store, {
      name: { type: 'CN', value: `User ${number}` },
      parent: unit,
      className: 'user',
      attributes,
      now,
    });
    if (manager !== undefined) setLink(user, attribute('manager'), manager, true, user.usnCreated);
    if (index % PER_MANAGER === 0) manager = user;
  }
}
