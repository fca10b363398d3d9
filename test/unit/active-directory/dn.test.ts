import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { normalizeDn, parentDn, splitDn } from '../../../shared/model/dn.ts';

describe('distinguished names', () => {
  test.each([
    ['CN=a,DC=x', ['CN=a', 'DC=x']],
    ['CN=Doe\\, Jane,OU=b,DC=x', ['CN=Doe\\, Jane', 'OU=b', 'DC=x']],
    ['CN="Doe, Jane",DC=x', ['CN="Doe, Jane"', 'DC=x']],
    ['CN=a\\\\,DC=x', ['CN=a\\\\', 'DC=x']],
    ['CN=a , DC=x', ['CN=a', 'DC=x']],
    ['CN=x\\0ADEL:1-2,CN=Deleted Objects,DC=x', ['CN=x\\0ADEL:1-2', 'CN=Deleted Objects', 'DC=x']],
    ['', []],
    ['CN=a\\ ,DC=x', ['CN=a\\ ', 'DC=x']],
  ])('%s is cut into its parts', (dn, parts) => expect(splitDn(dn)).toEqual(parts));

  test.each([
    ['CN=a,OU=b,DC=x', 'OU=b,DC=x'],
    ['CN=Doe\\, Jane,OU=b', 'OU=b'],
    ['CN=a  ,  OU=b', 'OU=b'],
    ['CN=a\u00a0,\u00a0OU=b,DC=x', '\u00a0OU=b,DC=x'],
    ['DC=x', ''],
    ['', ''],
  ])('the container of %s', (dn, parent) => expect(parentDn(dn)).toBe(parent));

  test.each([
    ['ou=Sales , dc=Corp', 'OU=sales,DC=corp'],
    ['CN="Doe, Jane",DC=x', 'CN=Doe\\, Jane,DC=x'],
    ['CN=Doe\\2C Jane,DC=x', 'CN=Doe\\, Jane,DC=x'],
    ['CN=\\C3\\89mile,DC=x', 'CN=Émile,DC=x'],
    ['CN=a\\\\ab,DC=x', 'CN=a\\5Cab,DC=x'],
  ])('%s and %s are one name', (a, b) => expect(normalizeDn(a)).toBe(normalizeDn(b)));

  it('keeps names apart that only look alike', () => {
    expect(normalizeDn('CN=a\\,DC=x')).not.toBe(normalizeDn('CN=a,DC=x'));
    expect(normalizeDn('OU=a b,DC=x')).not.toBe(normalizeDn('OU=ab,DC=x'));
    expect(normalizeDn('OU=\u00a0a,DC=x')).not.toBe(normalizeDn('OU=a,DC=x'));
  });

  it('is normal after normalizing once, whatever the values', () => {
    const value = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .map((text) => text.replace(/[\\",+<>;=\s\p{Cc}]/gu, '\\$&'));
    const dn = fc
      .array(value, { minLength: 1, maxLength: 5 })
      .map((values) => values.map((one) => `OU=${one}`).join(','));
    fc.assert(
      fc.property(dn, (name) => {
        expect(normalizeDn(normalizeDn(name))).toBe(normalizeDn(name));
      }),
    );
  });
});
