import fc from 'fast-check';
import { Ber, BerWriter } from 'ldapts';
import { describe, expect, it, test } from 'vitest';
import { BerCursor } from '../../../shared/adapters/active-directory/ber-cursor.ts';
import { keyOfDnValue, parseExtendedDn } from '../../../shared/adapters/active-directory/extended-dn.ts';
import { decodeEntry } from '../../../shared/adapters/active-directory/ldap-entry.ts';
import { connectionError, resultError } from '../../../shared/adapters/active-directory/ldap-errors.ts';
import { LdapFrames } from '../../../shared/adapters/active-directory/ldap-frames.ts';
import { SearchStream } from '../../../shared/adapters/active-directory/search-stream.ts';

type Attributes = readonly (readonly [string, readonly Buffer[]])[];

/** Encoded by ldapts, so that the decoder is not its own judge. */
function entryMessage(id: number, dn: string, attributes: Attributes): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(0x64);
  writer.writeString(dn);
  writer.startSequence();
  for (const [name, values] of attributes) {
    writer.startSequence();
    writer.writeString(name);
    writer.startSequence(0x31);
    for (const value of values) writer.writeBuffer(value, Ber.OctetString);
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const attributes = fc.array(
  fc.tuple(fc.stringMatching(/^[a-zA-Z][a-zA-Z-]{0,20}$/), fc.array(bytes, { maxLength: 4 })),
  { maxLength: 6 },
);

describe('LDAP answers', () => {
  it('are cut into the same messages however they arrive', () => {
    const messages = fc.array(fc.tuple(fc.string({ maxLength: 200 }), attributes), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(2_000), { maxLength: 30 }), (sent, cuts) => {
        const encoded = sent.map(([dn, values], index) => entryMessage(index + 1, dn, values));
        const stream = Buffer.concat(encoded);
        const places = [...new Set([0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length])].sort(
          (a, b) => a - b,
        );
        const frames = new LdapFrames();
        const seen = places
          .slice(1)
          .flatMap((end, index) => [...frames.push(stream.subarray(places[index], end))]);
        expect(seen.map((frame) => frame.toString('hex'))).toEqual(
          encoded.map((frame) => frame.toString('hex')),
        );
      }),
    );
  });

  it('decode to the values that were encoded', () => {
    fc.assert(
      fc.property(fc.string(), attributes, (dn, sent) => {
        const cursor = new BerCursor(entryMessage(7, dn, sent));
        cursor.expect(0x30);
        expect([cursor.integer(), cursor.header()]).toEqual([7, 0x64]);
        const entry = decodeEntry(cursor);
        expect(entry.dn).toBe(dn);
        expect(
          entry.attributes.map(({ name, values }) => [name, values.map((value) => value.toString('hex'))]),
        ).toEqual(
          sent.map(([name, values]) => [name.toLowerCase(), values.map((value) => value.toString('hex'))]),
        );
      }),
    );
  });

  test.each([
    ['member;range=0-1499', { from: 0, to: 1_499 }],
    ['member;range=1500-*', { from: 1_500, to: null }],
    ['member;Range=1-1', { from: 1, to: 1 }],
    ['member;lang-de', null],
    ['member', null],
  ])('%s names the attribute and its range', (description, range) => {
    const cursor = new BerCursor(entryMessage(1, '', [[description, []]]));
    cursor.expect(0x30);
    cursor.integer();
    cursor.header();
    expect(decodeEntry(cursor).attributes).toEqual([{ name: 'member', range, values: [] }]);
  });

  it('that are not LDAP end the stream', () => {
    expect(() => [...new LdapFrames().push(Buffer.from('HTTP/1.1 400'))]).toThrow('not LDAP');
    expect(() => [...new LdapFrames().push(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]))]).toThrow(
      'too large',
    );
    expect(() => [...new LdapFrames().push(Buffer.from([0x30, 0x80]))]).toThrow('not LDAP');
  });
});

describe('extended names', () => {
  const guid = '3029c620-1111-2222-3333-444455556666';
  test.each([
    [
      `<GUID=${guid}>;<SID=S-1-5-21-1-2-3-1104>;CN=a,DC=x`,
      { key: guid.replaceAll('-', ''), sid: 'S-1-5-21-1-2-3-1104', rid: 1104, dn: 'CN=a,DC=x' },
    ],
    [
      `<GUID=${guid.toUpperCase()}>;OU=a`,
      { key: guid.replaceAll('-', ''), sid: null, rid: null, dn: 'OU=a' },
    ],
    ['CN=plain,DC=x', { key: null, sid: null, rid: null, dn: 'CN=plain,DC=x' }],
    [
      `<GUID=${guid}>;CN=<odd>;name`,
      { key: guid.replaceAll('-', ''), sid: null, rid: null, dn: 'CN=<odd>;name' },
    ],
  ])('%s', (text, expected) => {
    expect(parseExtendedDn(text)).toEqual(expected);
    expect(keyOfDnValue(Buffer.from(text))).toBe(expected.key);
  });
});

describe('refusals', () => {
  test.each([
    [49, 'x data 52e, v1db1', 'LDAP_BIND_REFUSED', 'user name or password is wrong'],
    [49, 'x data 533, v1db1', 'LDAP_BIND_REFUSED', 'disabled'],
    [49, 'x data 701, v1db1', 'LDAP_BIND_REFUSED', 'expired'],
    [49, 'x data 773, v1db1', 'LDAP_BIND_REFUSED', 'changed first'],
    [49, 'x data 775, v1db1', 'LDAP_BIND_REFUSED', 'locked out'],
    [49, 'something new', 'LDAP_BIND_REFUSED', 'result code 49'],
    [8, '', 'LDAP_BIND_REFUSED', 'ldaps or starttls'],
    [50, '', 'LDAP_RIGHTS', 'DirSync'],
    [51, '', 'LDAP_BUSY', 'result code 51'],
    [52, '', 'LDAP_UNREACHABLE', 'result code 52'],
    [3, '', 'LDAP_TIMEOUT', 'result code 3'],
    [1, '', 'LDAP_REFUSED', 'result code 1'],
  ])('result code %i (%s) is %s', (code, diagnostic, expected, text) => {
    const error = resultError(code, diagnostic, 'DirSync');
    expect([error.code, error.context['resultCode']]).toEqual([expected, code]);
    expect(error.message).toContain(text);
  });

  test.each([
    ['ECONNREFUSED', 'LDAP_UNREACHABLE'],
    ['ENOTFOUND', 'LDAP_UNREACHABLE'],
    ['ETIMEDOUT', 'LDAP_TIMEOUT'],
    ['CERT_HAS_EXPIRED', 'LDAP_CERTIFICATE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'LDAP_CERTIFICATE'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'LDAP_CERTIFICATE'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'LDAP_CERTIFICATE'],
  ])('%s is %s', (nodeCode, expected) => {
    expect(connectionError(Object.assign(new Error('x'), { code: nodeCode }), 'dc1').code).toBe(expected);
  });
});

describe('a search that brings more than its reader takes', () => {
  it('pauses the socket and resumes it, in order and without a loss', async () => {
    const flow: string[] = [];
    const stream = new SearchStream(
      { pause: () => flow.push('pause'), resume: () => flow.push('resume') },
      () => flow.push('abandon'),
    );
    const entry = (index: number) => ({ dn: String(index), attributes: [] });
    for (let index = 0; index < 2_500; index += 1) stream.accept(entry(index));
    stream.finish({ resultCode: 0, diagnostic: '', controls: new Map() });
    const seen: string[] = [];
    for await (const batch of stream.batches()) seen.push(...batch.map(({ dn }) => dn));
    expect(seen).toEqual(Array.from({ length: 2_500 }, (_, index) => String(index)));
    expect(flow).toEqual(['pause', 'resume']);
  });

  it('is abandoned when the reader leaves early', async () => {
    const flow: string[] = [];
    const stream = new SearchStream({ pause: () => undefined, resume: () => undefined }, () =>
      flow.push('abandon'),
    );
    stream.accept({ dn: 'a', attributes: [] });
    for await (const _ of stream.batches()) break;
    expect(flow).toEqual(['abandon']);
  });

  it('gives what came before a failure, then the failure', async () => {
    const stream = new SearchStream({ pause: () => undefined, resume: () => undefined }, () => undefined);
    stream.accept({ dn: 'a', attributes: [] });
    stream.fail(new Error('cut'));
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const batch of stream.batches()) seen.push(...batch.map(({ dn }) => dn));
    };
    await expect(read()).rejects.toThrow('cut');
    expect(seen).toEqual(['a']);
  });
});
