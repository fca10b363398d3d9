import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../../shared/rules/expressions/connect/certificate.ts';
import {
  derText,
  derTime,
  NotDer,
  objectIdOf,
  readDer,
} from '../../../shared/rules/expressions/connect/der.ts';
import { nameText, readName } from '../../../shared/rules/expressions/connect/x500-name.ts';

const pem = readFileSync(new URL('support/certificates/ada.pem', import.meta.url));
const der = Buffer.from(pem.toString('latin1').replace(/-----[^-]+-----/g, ''), 'base64');
const valueOf = (hex: string) => {
  const [value] = readDer(Buffer.from(hex, 'hex'));
  if (value === undefined) throw new Error('nothing was given');
  return value;
};

describe('DER', () => {
  it.each([
    ['06032a864f', '1.2.847'],
    ['0603550406', '2.5.4.6'],
    ['06028837', '2.999'],
    ['0609608648016503040201', '2.16.840.1.101.3.4.2.1'],
  ])('%s is the object id %s', (hex, expected) => {
    expect(objectIdOf(valueOf(hex))).toBe(expected);
  });

  it.each([
    ['0c034dc3bc', 'Mü'],
    ['1e04004d00fc', 'Mü'],
    ['1c080000004d0001f600', 'M😀'],
    ['14024dfc', 'Mü'],
  ])('%s is the text %s', (hex, expected) => {
    expect(derText(valueOf(hex))).toBe(expected);
  });

  it.each([
    ['170d3439313233313233353935395a', '2049-12-31T23:59:59.000Z'],
    ['170d3530303130313030303030305a', '1950-01-01T00:00:00.000Z'],
    ['180f32313236313033303131303530305a', '2126-10-30T11:05:00.000Z'],
  ])('%s is the time %s', (hex, expected) => {
    expect(new Date(derTime(valueOf(hex))).toISOString()).toBe(expected);
  });

  it.each(['170d3439313333313233353935395a', '170b343931323331323335395a', '0c0134'])(
    '%s is no time',
    (hex) => {
      expect(() => derTime(valueOf(hex))).toThrow(NotDer);
    },
  );
});

describe('a distinguished name', () => {
  // CN="Ada ""A"" L" + OU= x, under C=DE, written by hand: two attributes in one part, quotes, a blank in front.
  const name = valueOf(
    '302e310b3009060355040613024445311f300e06035504030c0741646120224122300d060355040b0c06207820793b7a',
  );

  it('is written as Windows does, with quotes where they are needed', () => {
    expect(nameText(readName(name))).toBe('CN="Ada ""A""" + OU=" x y;z", C=DE');
  });
});

describe('whatever the bytes are', () => {
  it('reading ends, with a certificate or without', () => {
    const changed = fc
      .array(fc.tuple(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = Buffer.from(der);
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      });
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      changed,
    );
    fc.assert(
      fc.property(some, (bytes) => {
        const found = readCertificate(bytes);
        expect(found === null || found.raw.length <= bytes.length).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('what is cut off or has something behind it is none', () => {
    for (let length = 0; length < der.length; length += 1)
      expect(readCertificate(der.subarray(0, length))).toBeNull();
    expect(readCertificate(Buffer.concat([der, Buffer.from([5, 0])]))).toBeNull();
    expect(readCertificate(der)).not.toBeNull();
    expect(readCertificate(pem)?.serialNumber.toString('hex')).toBe('00c0ffee0102030405060708');
  });
});
