/** One made-up employee: what stands in the directory, and who the manager is. */
export interface Person {
  readonly index: number;
  readonly cn: string;
  readonly unit: string;
  readonly objectClass: 'user' | 'inetOrgPerson';
  readonly attributes: Readonly<Record<string, string>>;
  /** Index of the manager; null for the head of the company. */
  readonly manager: number | null;
  /** mS-DS-ConsistencyGuid, as another synchronization may have left it. */
  readonly consistencyGuid: Buffer | null;
}

export const units = ['Sales', 'Engineering', 'Finance', 'Operations'] as const;

/** Every manager has so many reports, so that the tree stays flat and the last people of a list manage nobody. */
const span = 8;

const firstNames = [
  ...['Jürgen', 'Zoë', 'Seán', 'Renée', 'Łukasz', 'Søren', 'María', 'François', 'Aylin', 'Björn', 'Chloé'],
  ...['Priya', 'Owen', 'Inès', 'Mateo', 'Ngoc', 'Dörte', 'Ivan', 'Hannah', 'Luís', 'Wei', 'Amélie', 'Tomáš'],
];
const lastNames = [
  ...['Müller', "O'Brien", 'Núñez', 'Größmann', "D'Angelo", 'Kowalczyk', 'Øster', 'Fernández', 'Yılmaz'],
  ...[
    'Çelik',
    'van der Berg',
    'Nguyen',
    'Schäfer',
    'MacDonald',
    'Öztürk',
    'Dvořák',
    'Jäger',
    'Smith',
    'Lefèvre',
  ],
  ...[
    'Rossi',
    'Weiß',
    'Patel',
    'Sánchez',
    'Köhler',
    "O'Neill",
    'Svensson',
    'Baumgärtner',
    'Ferrari',
    'Brandão',
  ],
];
const places = [
  {
    l: 'München',
    st: 'Bayern',
    postalCode: '80331',
    co: 'Germany',
    c: 'DE',
    language: 'de-DE',
    street: 'Marienplatz',
  },
  {
    l: 'London',
    st: '',
    postalCode: 'EC1A 1BB',
    co: 'United Kingdom',
    c: 'GB',
    language: 'en-GB',
    street: "King's Road",
  },
  {
    l: 'Málaga',
    st: 'Andalucía',
    postalCode: '29001',
    co: 'Spain',
    c: 'ES',
    language: 'es-ES',
    street: 'Calle Larios',
  },
  {
    l: 'Genève',
    st: 'Genève',
    postalCode: '1201',
    co: 'Switzerland',
    c: 'CH',
    language: 'fr-CH',
    street: 'Rue du Rhône',
  },
] as const;
/** 64 characters: as many as a department may have on both sides. */
const longDepartment = 'Abteilung für Übergreifende Qualitätssicherung und Änderungen EU';
const titles = [
  'Engineer',
  'Account Manager',
  'Controller',
  'Sachbearbeiter',
  'Analyst',
  'Team Lead',
  'Buyer',
];

/** The same index always gives the same person. */
export function personAt(index: number): Person {
  const first = pick(firstNames, index);
  const last = pick(lastNames, index * 7 + Math.floor(index / firstNames.length));
  const number = index + 1;
  const unit = pick(units, index);
  const isDisabled = index % 17 === 11;
  const name = `${plain(first)}.${plain(last)}${number}`.toLowerCase();
  const nickname = `${plain(first).slice(0, 1)}${plain(last).slice(0, 8)}${number}`.toLowerCase();
  const attributes: Record<string, string> = {
    sAMAccountName: nickname,
    // Without a password, which the demo has no use for; 2 is disabled.
    userAccountControl: isDisabled ? '546' : '544',
    givenName: first,
    sn: last,
    ...place(index),
    ...employment(index, unit),
  };
  // Without one, the rules make a principal name of the account name.
  if (index % 19 !== 14) attributes['userPrincipalName'] = `${name}@contoso.com`;
  if (index % 9 !== 5) attributes['mail'] = `${name}@contoso.com`;
  if (index % 21 !== 8) attributes['displayName'] = `${first} ${last}`;
  if (index % 3 === 0) attributes['mailNickname'] = name.replace("'", '').slice(0, 64);
  if (index % 23 === 7) attributes['accountExpires'] = fileTime('2020-02-29T00:00:00Z');
  if (index % 29 === 3) attributes['accountExpires'] = fileTime('2099-12-31T00:00:00Z');
  return {
    index,
    cn: `${first} ${last} (${number})`,
    unit,
    objectClass: index % 13 === 6 ? 'inetOrgPerson' : 'user',
    attributes,
    manager: index === 0 ? null : Math.floor((index - 1) / span),
    consistencyGuid: index % 31 === 9 ? Buffer.from(`consistent-${String(number).padStart(5, '0')}`) : null,
  };
}

/** Nobody reports to whoever stands here or later in a company of so many. */
export const firstWithoutReports = (count: number): number => Math.floor((count - 2) / span) + 1;

function place(index: number): Record<string, string> {
  const { l, st, postalCode, co, c, language, street } = pick(places, index);
  return {
    l,
    ...(st === '' ? {} : { st }),
    postalCode,
    co,
    c,
    streetAddress: `${street} ${(index % 90) + 1}\r\nBuilding ${'ABC'.charAt(index % 3)}`,
    preferredLanguage: language,
    telephoneNumber: `+49 89 1234-${1000 + index}`,
    ...(index % 4 === 1 ? { mobile: `+49 170 55${10000 + index}` } : {}),
    ...(index % 11 === 2 ? { facsimileTelephoneNumber: `+49 89 1234-${5000 + index}` } : {}),
  };
}

function employment(index: number, unit: string): Record<string, string> {
  return {
    company: 'Contoso & Söhne "Handel" GmbH',
    title: pick(titles, index * 3),
    department: index % 37 === 4 ? longDepartment : unit,
    physicalDeliveryOfficeName: `Floor ${index % 7}, room ${100 + (index % 60)}`,
    employeeID: `E${10_000 + index}`,
    ...(isContractor(index) ? { employeeType: 'Contractor' } : {}),
    ...(index % 5 === 0 ? { extensionAttribute1: `CC-${4_000 + (index % 40)}` } : {}),
    ...(index % 16 === 1 ? { extensionAttribute7: 'Schlüsselkarte: ja; Größe: „M“' } : {}),
    ...(index % 33 === 0 ? { extensionAttribute15: 'x'.repeat(1_000) } : {}),
  };
}

export const isContractor = (index: number): boolean => index % 12 === 10;

/** Microsoft's FILETIME: 100 ns since 1601. */
export const fileTime = (iso: string): string =>
  String((BigInt(Date.parse(iso)) + 11_644_473_600_000n) * 10_000n);

/** What a principal name may have: letters without marks, apostrophe and dash. */
function plain(text: string): string {
  const replaced = text.replace(/[äöüÄÖÜßøØłŁı]/g, (letter) => replacements[letter] ?? '');
  return replaced.normalize('NFD').replace(/[^A-Za-z0-9'-]/g, '');
}

const replacements: Readonly<Record<string, string>> = {
  ...{ ä: 'ae', ö: 'oe', ü: 'ue', Ä: 'Ae', Ö: 'Oe', Ü: 'Ue', ß: 'ss' },
  ...{ ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', ı: 'i' },
};

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('an empty list');
  return found;
}
