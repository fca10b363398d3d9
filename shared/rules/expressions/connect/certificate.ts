import { derTag, derText, derTime, NotDer, objectIdOf, partsOf, readDer, type DerValue } from './der.ts';
import { readName, type X500Name } from './x500-name.ts';

export interface Extension {
  readonly objectId: string;
  readonly isCritical: boolean;
  /** What it holds, in DER. */
  readonly value: Buffer;
}

/** What stands in an X.509 certificate (RFC 5280, 4.1). Whom it was signed by is not checked. */
export interface Certificate {
  readonly raw: Buffer;
  readonly version: number;
  readonly serialNumber: Buffer;
  readonly signatureAlgorithm: string;
  readonly issuer: X500Name;
  readonly subject: X500Name;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly keyAlgorithm: string;
  /** In DER; empty where there are none. */
  readonly keyParameters: Buffer;
  readonly extensions: readonly Extension[];
}

/** From DER, from base64 of it, or from PEM. Null: it is no certificate. */
export function readCertificate(bytes: Buffer): Certificate | null {
  try {
    return parse(bytes[0] === derTag.sequence ? bytes : fromBase64(bytes.toString('latin1')));
  } catch (error) {
    if (error instanceof NotDer) return null;
    throw error;
  }
}

function fromBase64(text: string): Buffer {
  const armoured = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(text);
  const body = (armoured?.[1] ?? text).replace(/\s+/g, '');
  if (body === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(body)) throw new NotDer();
  return Buffer.from(body, 'base64');
}

function parse(bytes: Buffer): Certificate {
  const [outer, ...more] = readDer(bytes);
  if (outer === undefined || more.length > 0) throw new NotDer();
  const [toBeSigned, signature] = partsOf(outer, derTag.sequence);
  const [algorithm] = partsOf(signature, derTag.sequence);
  const fields = partsOf(toBeSigned, derTag.sequence);
  // The version comes first, and is left out in certificates of version 1.
  const isExplicit = fields[0]?.tag === 0xa0;
  const [serial, , issuer, validity, subject, publicKey, ...rest] = isExplicit ? fields.slice(1) : fields;
  const [notBefore, notAfter] = partsOf(validity, derTag.sequence);
  const [keyAlgorithm, keyParameters] = partsOf(partsOf(publicKey, derTag.sequence)[0], derTag.sequence);
  if (serial?.tag !== derTag.integer || notBefore === undefined || notAfter === undefined) throw new NotDer();
  return {
    raw: outer.raw,
    version: isExplicit ? versionIn(fields[0]) : 1,
    serialNumber: serial.content,
    signatureAlgorithm: objectIdOf(algorithm),
    issuer: readName(issuer),
    subject: readName(subject),
    notBefore: derTime(notBefore),
    notAfter: derTime(notAfter),
    keyAlgorithm: objectIdOf(keyAlgorithm),
    keyParameters: keyParameters?.raw ?? Buffer.alloc(0),
    extensions: extensionsIn(rest.find(({ tag }) => tag === 0xa3)),
  };
}

function versionIn(value: DerValue | undefined): number {
  const [number] = partsOf(value, 0xa0);
  if (number?.tag !== derTag.integer || number.content.length !== 1) throw new NotDer();
  return (number.content[0] ?? 0) + 1;
}

function extensionsIn(value: DerValue | undefined): readonly Extension[] {
  if (value === undefined) return [];
  return partsOf(partsOf(value, 0xa3)[0], derTag.sequence).map((one): Extension => {
    const parts = partsOf(one, derTag.sequence);
    const flag = parts.find(({ tag }) => tag === derTag.boolean);
    const last = parts.at(-1);
    if (last?.tag !== 0x04) throw new NotDer();
    return { objectId: objectIdOf(parts[0]), isCritical: flag?.content[0] === 0xff, value: last.content };
  });
}

/** Other names of the subject or the issuer, by kind (RFC 5280, 4.2.1.6). */
export interface AlternativeNames {
  readonly email: string | undefined;
  readonly dns: string | undefined;
  readonly url: string | undefined;
  readonly upn: string | undefined;
}

const subjectAlternativeName = '2.5.29.17';
const issuerAlternativeName = '2.5.29.18';
const userPrincipalName = '1.3.6.1.4.1.311.20.2.3';

/** The first of each kind. @throws NotDer */
export function alternativeNames({ extensions }: Certificate, isOfIssuer: boolean): AlternativeNames {
  const wanted = isOfIssuer ? issuerAlternativeName : subjectAlternativeName;
  const extension = extensions.find(({ objectId }) => objectId === wanted);
  const names = extension === undefined ? [] : partsOf(readDer(extension.value)[0], derTag.sequence);
  const textOf = (tag: number): string | undefined =>
    names.find((name) => name.tag === tag)?.content.toString('latin1');
  return { email: textOf(0x81), dns: textOf(0x82), url: textOf(0x86), upn: principalNameIn(names) };
}

function principalNameIn(names: readonly DerValue[]): string | undefined {
  for (const name of names) {
    if (name.tag !== 0xa0) continue;
    const [type, value] = readDer(name.content);
    if (objectIdOf(type) !== userPrincipalName) continue;
    const [text] = partsOf(value, 0xa0);
    if (text !== undefined) return derText(text);
  }
  return undefined;
}
