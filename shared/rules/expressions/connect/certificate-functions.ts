import { createHash } from 'node:crypto';
import { toText } from '../coercions.ts';
import type { Evaluation } from '../evaluation.ts';
import { ExpressionError } from '../expression-error.ts';
import {
  booleanOf,
  required,
  requiredParameter,
  textOf,
  type Argument,
  type FunctionDefinition,
} from '../function-definition.ts';
import { fromValues, type RuntimeValue } from '../runtime-value.ts';
import { alternativeNames, readCertificate, type Certificate } from './certificate.ts';
import { NotDer } from './der.ts';
import { anyOf, lastOf, nameText } from './x500-name.ts';

/** Bytes as they are in the directory, or a text with base64 or PEM. Null where there is none. */
function bytesOf(argument: Argument, evaluation: Evaluation): Buffer | null {
  const value = argument.run(evaluation);
  if (value === null || value === '') return null;
  const isBytes = typeof value === 'object' && 'kind' in value && value.kind === 'bytes';
  const text = toText(value);
  if (typeof text !== 'string')
    throw new ExpressionError('type', `${argument.label} ${text?.reason ?? 'is empty'}`, argument.column);
  evaluation.charge(text.length, argument.column);
  return Buffer.from(text, isBytes ? 'base64' : 'latin1');
}

function certificateOf(argument: Argument, evaluation: Evaluation): Certificate | null {
  const bytes = bytesOf(argument, evaluation);
  if (bytes === null) return null;
  const certificate = readCertificate(bytes);
  if (certificate === null)
    throw new ExpressionError('type', `${argument.label} is not an X.509 certificate`, argument.column);
  return certificate;
}

const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();
const sha1 = ({ raw }: Certificate): string => hex(createHash('sha1').update(raw).digest());
const date = (ms: number): RuntimeValue => ({ kind: 'date', ms, isFromNow: false });

function reader(
  name: string,
  summary: string,
  read: (certificate: Certificate) => RuntimeValue,
  isPerValue = true,
): FunctionDefinition {
  return {
    name,
    family: 'certificate',
    parameters: [requiredParameter('certificateRawData')],
    summary,
    isPerValue,
    compile: (site) => {
      const argument = required(site, 0);
      return (evaluation) => {
        const certificate = certificateOf(argument, evaluation);
        return certificate === null ? null : read(certificate);
      };
    },
  };
}

/** In the order of .NET's X509NameType, since a rule may give the number. */
const nameTypes = ['SimpleName', 'EmailName', 'UpnName', 'DnsName', 'DnsFromAlternativeName', 'UrlName'];

/** As X509Certificate2.GetNameInfo describes it; empty text where there is no such name. */
function nameInfo(certificate: Certificate, type: string, isOfIssuer: boolean): string {
  const name = isOfIssuer ? certificate.issuer : certificate.subject;
  const other = alternativeNames(certificate, isOfIssuer);
  switch (type) {
    case 'SimpleName': {
      const common = ['CN', 'OU', 'O', 'E'].map((one) => lastOf(name, one));
      return common.find((one) => one !== undefined) ?? other.email ?? anyOf(name) ?? '';
    }
    case 'EmailName':
      return other.email ?? lastOf(name, 'E') ?? '';
    case 'UpnName':
      return other.upn ?? '';
    case 'DnsName':
      return other.dns ?? lastOf(name, 'CN') ?? '';
    case 'DnsFromAlternativeName':
      return other.dns ?? '';
    default:
      return other.url ?? '';
  }
}

const certNameInfo: FunctionDefinition = {
  name: 'CertNameInfo',
  family: 'certificate',
  parameters: [
    requiredParameter('certificateRawData'),
    requiredParameter('x509NameType'),
    requiredParameter('includesIssuerName'),
  ],
  summary:
    'A name of the subject, or of the issuer where the last argument is True: SimpleName, EmailName, UpnName, DnsName, DnsFromAlternativeName or UrlName.',
  isPerValue: true,
  compile: (site) => {
    const raw = required(site, 0);
    const kind = required(site, 1);
    const issuer = required(site, 2);
    return (evaluation) => {
      const given = textOf(kind, evaluation) ?? '';
      const type = nameTypes.find((name, index) => given === name || given === String(index));
      if (type === undefined)
        throw new ExpressionError(
          'bad-argument',
          `${kind.label} is one of ${nameTypes.join(', ')}`,
          kind.column,
        );
      const certificate = certificateOf(raw, evaluation);
      if (certificate === null) return null;
      try {
        return nameInfo(certificate, type, booleanOf(issuer, evaluation));
      } catch (error) {
        if (!(error instanceof NotDer)) throw error;
        throw new ExpressionError(
          'type',
          `${raw.label} has alternative names that cannot be read`,
          raw.column,
        );
      }
    };
  },
};

const isCert: FunctionDefinition = {
  name: 'IsCert',
  family: 'certificate',
  parameters: [requiredParameter('certificateRawData')],
  summary: 'True where the bytes, or base64 of them, are an X.509 certificate.',
  isPerValue: true,
  compile: (site) => {
    const argument = required(site, 0);
    return (evaluation) => {
      const bytes = bytesOf(argument, evaluation);
      return bytes !== null && readCertificate(bytes) !== null;
    };
  },
};

const nothing = 'Nothing: in .NET, which the reference goes by, a name has no OID of its own.';

/**
 * The certificate functions of Connect's reference, which names the properties of .NET's X509Certificate2 in other words
 * (read 2026-11). Dates are UTC; the reference says local time, which is that of Microsoft's server.
 */
export const connectCertificateFunctions: readonly FunctionDefinition[] = [
  reader(
    'CertExtensionOids',
    'The OIDs of the critical extensions.',
    ({ extensions }) =>
      fromValues(extensions.filter(({ isCritical }) => isCritical).map(({ objectId }) => objectId)),
    false,
  ),
  reader('CertFormat', 'The format of the certificate: X509.', () => 'X509'),
  reader('CertFriendlyName', 'An empty text: the alias is kept beside a certificate, not in it.', () => ''),
  reader('CertHashString', 'SHA-1 of the certificate in hex.', sha1),
  reader('CertIssuer', 'The distinguished name of the issuer, last part first.', ({ issuer }) =>
    nameText(issuer),
  ),
  reader('CertIssuerDN', 'The same as CertIssuer.', ({ issuer }) => nameText(issuer)),
  reader('CertIssuerOid', nothing, () => null),
  reader('CertKeyAlgorithm', 'The OID of the key’s algorithm.', ({ keyAlgorithm }) => keyAlgorithm),
  reader('CertKeyAlgorithmParams', 'The parameters of the key’s algorithm in DER, in hex.', (certificate) =>
    hex(certificate.keyParameters),
  ),
  certNameInfo,
  reader('CertNotAfter', 'The date after which it is not valid any more.', ({ notAfter }) => date(notAfter)),
  reader('CertNotBefore', 'The date from which it is valid.', ({ notBefore }) => date(notBefore)),
  reader('CertPublicKeyOid', 'The OID of the public key’s algorithm.', ({ keyAlgorithm }) => keyAlgorithm),
  reader(
    'CertPublicKeyParametersOid',
    'The same as CertPublicKeyOid, as in .NET.',
    ({ keyAlgorithm }) => keyAlgorithm,
  ),
  reader('CertSerialNumber', 'The serial number in hex.', ({ serialNumber }) => hex(serialNumber)),
  reader(
    'CertSignatureAlgorithmOid',
    'The OID of the algorithm that it was signed with.',
    ({ signatureAlgorithm }) => signatureAlgorithm,
  ),
  reader('CertSubject', 'The distinguished name of the subject, last part first.', ({ subject }) =>
    nameText(subject),
  ),
  reader('CertSubjectNameDN', 'The same as CertSubject.', ({ subject }) => nameText(subject)),
  reader('CertSubjectNameOid', nothing, () => null),
  reader('CertThumbprint', 'The same as CertHashString.', sha1),
  reader('CertVersion', 'The version of the format: 1, 2 or 3.', ({ version }) => version),
  isCert,
];
