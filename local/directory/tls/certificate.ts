import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { Ber, BerWriter } from 'ldapts';

const BIT_STRING = 0x03;
const UTC_TIME = 0x17;
const UTF8_STRING = 0x0c;
const SET = 0x31;
const YEAR_MS = 365 * 86_400_000;

const oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  extendedKeyUsage: '2.5.29.37',
} as const;

interface ServerCertificate {
  /** The authority, for clients to trust; its key is thrown away. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority and one server certificate for this process, made anew at every start. */
export function makeServerCertificate(
  hostNames: readonly string[],
  addresses: readonly string[],
  now: number,
): ServerCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = `Dirbridge embedded directory CA ${randomBytes(4).toString('hex')}`;
  const common = { issuer, signer: authority.privateKey, now };
  const ca = certificate({
    ...common,
    subject: issuer,
    key: authority.publicKey,
    extensions: authorityExtensions(),
  });
  const cert = certificate({
    ...common,
    subject: hostNames[0] ?? 'localhost',
    key: server.publicKey,
    extensions: serverExtensions(hostNames, addresses),
  });
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { ca, cert, key };
}

interface CertificateSpec {
  readonly issuer: string;
  readonly subject: string;
  readonly signer: KeyObject;
  readonly key: KeyObject;
  readonly extensions: readonly Extension[];
  readonly now: number;
}

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

/** An X.509 v3 certificate (RFC 5280, 4.1) in PEM. */
function certificate(spec: CertificateSpec): string {
  const body = write((writer) => {
    writer.startSequence();
    constructed(writer, 0xa0, () => writer.writeInt(2));
    // A positive number: its first bit is clear.
    const serial = randomBytes(16);
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
    writer.writeBuffer(serial, Ber.Integer);
    writeAlgorithm(writer);
    writeName(writer, spec.issuer);
    constructed(writer, 0x30, () => {
      writer.writeString(utcTime(spec.now - 86_400_000), UTC_TIME);
      writer.writeString(utcTime(spec.now + YEAR_MS), UTC_TIME);
    });
    writeName(writer, spec.subject);
    raw(
      writer,
      createPublicKey(spec.key.export({ type: 'spki', format: 'pem' })).export({
        type: 'spki',
        format: 'der',
      }),
    );
    constructed(writer, 0xa3, () =>
      constructed(writer, 0x30, () => writeExtensions(writer, spec.extensions)),
    );
    writer.endSequence();
  });
  const signature = sign('sha256', body, spec.signer);
  const der = write((writer) => {
    writer.startSequence();
    raw(writer, body);
    writeAlgorithm(writer);
    writer.writeBuffer(Buffer.concat([Buffer.of(0), signature]), BIT_STRING);
    writer.endSequence();
  });
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function authorityExtensions(): Extension[] {
  const isAuthority = write((writer) => constructed(writer, 0x30, () => writer.writeBoolean(true)));
  // keyCertSign and cRLSign: bits 5 and 6, one unused bit behind them.
  const usage = Buffer.of(BIT_STRING, 2, 1, 0x06);
  return [
    { oid: oid.basicConstraints, critical: true, value: isAuthority },
    { oid: oid.keyUsage, critical: true, value: usage },
  ];
}

function serverExtensions(hostNames: readonly string[], addresses: readonly string[]): Extension[] {
  const names = write((writer) =>
    constructed(writer, 0x30, () => {
      for (const name of hostNames) writer.writeString(name, 0x82);
      for (const address of addresses) writer.writeBuffer(Buffer.from(address.split('.').map(Number)), 0x87);
    }),
  );
  const purpose = write((writer) => constructed(writer, 0x30, () => writer.writeOID(oid.serverAuth)));
  return [
    { oid: oid.subjectAltName, critical: false, value: names },
    { oid: oid.extendedKeyUsage, critical: false, value: purpose },
  ];
}

function writeExtensions(writer: BerWriter, extensions: readonly Extension[]): void {
  for (const extension of extensions) {
    constructed(writer, 0x30, () => {
      writer.writeOID(extension.oid);
      if (extension.critical) writer.writeBoolean(true);
      writer.writeBuffer(extension.value, Ber.OctetString);
    });
  }
}

function writeAlgorithm(writer: BerWriter): void {
  constructed(writer, 0x30, () => writer.writeOID(oid.ecdsaWithSha256));
}

function writeName(writer: BerWriter, commonName: string): void {
  constructed(writer, 0x30, () =>
    constructed(writer, SET, () =>
      constructed(writer, 0x30, () => {
        writer.writeOID(oid.commonName);
        writer.writeString(commonName, UTF8_STRING);
      }),
    ),
  );
}

function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`;
}

function write(fill: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  fill(writer);
  return writer.buffer;
}

function constructed(writer: BerWriter, tag: number, fill: () => void): void {
  writer.startSequence(tag);
  fill();
  writer.endSequence();
}

function raw(writer: BerWriter, der: Buffer): void {
  for (const byte of der) writer.writeByte(byte);
}
