import {
  AndFilter,
  EqualityFilter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  type Filter,
} from 'ldapts';

/** Classes of objects that hold other objects; their subclasses match as well. */
export const containerClasses: readonly string[] = [
  'organizationalUnit',
  'container',
  'domainDNS',
  'builtinDomain',
  'lostAndFound',
];

const equals = (attribute: string, value: string | Buffer): Filter =>
  new EqualityFilter({ attribute, value });

/** objectClass=user also brings computers, managed service accounts and trusts' computers: they are left out here. */
export function classFilter(classes: readonly string[]): Filter {
  const filters = classes.map((name) =>
    name.toLowerCase() === 'user'
      ? new AndFilter({
          filters: [
            equals('objectClass', name),
            new NotFilter({ filter: equals('objectClass', 'computer') }),
          ],
        })
      : equals('objectClass', name),
  );
  const [only] = filters;
  return filters.length === 1 && only !== undefined ? only : new OrFilter({ filters });
}

export function containerFilter(): Filter {
  return new OrFilter({ filters: containerClasses.map((name) => equals('objectClass', name)) });
}

export function captureFilter(classes: readonly string[]): Filter {
  return new OrFilter({ filters: [classFilter(classes), containerFilter()] });
}

export function createdWindowFilter(classes: readonly string[], from: bigint, to: bigint): Filter {
  return new AndFilter({
    filters: [
      classFilter(classes),
      new GreaterThanEqualsFilter({ attribute: 'uSNCreated', value: String(from) }),
      new LessThanEqualsFilter({ attribute: 'uSNCreated', value: String(to) }),
    ],
  });
}

export function changedSinceFilter(from: bigint): Filter {
  return new GreaterThanEqualsFilter({ attribute: 'uSNChanged', value: String(from) });
}

export function primaryGroupFilter(rids: readonly number[]): Filter {
  const filters = rids.map((rid) => equals('primaryGroupID', String(rid)));
  return new AndFilter({ filters: [equals('objectClass', 'user'), new OrFilter({ filters })] });
}

/** Groups that AD itself depends on (Domain Users, Administrators…). */
export function criticalGroupFilter(): Filter {
  return new AndFilter({
    filters: [equals('objectClass', 'group'), equals('isCriticalSystemObject', 'TRUE')],
  });
}

export function sidFilter(sid: Buffer): Filter {
  return equals('objectSid', sid);
}

/** Matches no object: a DirSync with it yields a cookie and no entries. */
export function nothingFilter(): Filter {
  return equals('objectGUID', Buffer.alloc(16));
}
