import { readFileSync } from 'node:fs';
import type { FunctionCase } from './function-case.ts';

/** Made by openssl, which also gave what is expected of them; the keys are gone. */
const pemOf = (name: string): string =>
  readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'latin1');
const base64Of = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '');

/** RSA, issued by the other: many parts in its name, alternative names of every kind. */
const ada = pemOf('ada');
/** Elliptic curve, issued by itself, valid beyond 2050. */
const ca = pemOf('ca');
const c = {
  der: { kind: 'bytes', base64: base64Of(ada) },
  pem: ada,
  base64: base64Of(ada),
  ca: { kind: 'bytes', base64: base64Of(ca) },
  /** Base64 or PEM in a binary attribute. */
  wrapped: { kind: 'bytes', base64: Buffer.from(base64Of(ada)).toString('base64') },
  both: [base64Of(ada), base64Of(ca)],
  cut: { kind: 'bytes', base64: base64Of(ada).slice(0, 400) },
  text: 'no certificate',
} as const;

const subject =
  'E=ada@contoso.com, OID.0.9.2342.19200300.100.1.1=ada, T=Countess, SN=Lovelace, CN=Ada Lovelace, OU=Analysts, OU=Staff, O="Contoso, Ltd.", L=München, S=Bayern, C=DE';
const issuer = 'CN=Contoso Issuing CA 1, O=Contoso Trust Services, DC=corp, DC=example';
const sha1 = '7EA99964DE77853782A61F983374B8C5885D9C3C';
const sha1OfCa = 'D6094CDE8A1C30C958B934A553FE0EB632CC45C0';
const rsa = '1.2.840.113549.1.1.1';

export const certificateCases: Readonly<Record<string, readonly FunctionCase[]>> = {
  CertExtensionOids: [
    ['CertExtensionOids([der])', ['2.5.29.19', '2.5.29.15'], c],
    ['CertExtensionOids([ca])', '2.5.29.19', c],
    ['CertExtensionOids([both])', { error: 'type' }, c],
  ],
  CertFormat: [
    ['CertFormat([der])', 'X509', c],
    ['CertFormat([nobody])', null, c],
  ],
  CertFriendlyName: [['CertFriendlyName([der])', '', c]],
  CertHashString: [
    ['CertHashString([der])', sha1, c],
    ['CertHashString([pem])', sha1, c],
    ['CertHashString([base64])', sha1, c],
    ['CertHashString([wrapped])', sha1, c],
    ['CertHashString([both])', [sha1, sha1OfCa], c],
    ['CertHashString([cut])', { error: 'type' }, c],
    ['CertHashString([text])', { error: 'type' }, c],
    ['CertHashString([nobody])', null, c],
  ],
  CertIssuer: [['CertIssuer([der])', issuer, c]],
  CertIssuerDN: [['CertIssuerDN([ca])', issuer, c]],
  CertIssuerOid: [['CertIssuerOid([der])', null, c]],
  CertKeyAlgorithm: [
    ['CertKeyAlgorithm([der])', rsa, c],
    ['CertKeyAlgorithm([ca])', '1.2.840.10045.2.1', c],
  ],
  CertKeyAlgorithmParams: [
    ['CertKeyAlgorithmParams([der])', '0500', c],
    ['CertKeyAlgorithmParams([ca])', '06082A8648CE3D030107', c],
  ],
  CertNameInfo: [
    ['CertNameInfo([der],"SimpleName",False)', 'Ada Lovelace', c],
    ['CertNameInfo([der],"SimpleName",True)', 'Contoso Issuing CA 1', c],
    ['CertNameInfo([der],"EmailName",False)', 'ada.l@contoso.com', c],
    ['CertNameInfo([ca],"EmailName",False)', '', c],
    ['CertNameInfo([der],"UpnName",False)', 'ada@corp.example', c],
    ['CertNameInfo([der],"DnsName",False)', 'ada.contoso.com', c],
    ['CertNameInfo([ca],"DnsName",False)', 'Contoso Issuing CA 1', c],
    ['CertNameInfo([ca],"DnsFromAlternativeName",False)', '', c],
    ['CertNameInfo([der],"UrlName",False)', 'https://contoso.com/ada', c],
    ['CertNameInfo([der],"5",True)', 'http://pki.contoso.com/ca', c],
    ['CertNameInfo([der],"Simple",False)', { error: 'bad-argument' }, c],
    ['CertNameInfo([nobody],"UpnName",False)', null, c],
  ],
  CertNotAfter: [
    ['CertNotAfter([der])', '2056-11-22T11:05:01.000Z', c],
    ['CertNotAfter([ca])', '2126-10-30T11:05:00.000Z', c],
    ['Count(Where($item,[both],CertNotAfter($item) > Now()))', 2, c],
  ],
  CertNotBefore: [['CertNotBefore([der])', '2026-11-23T11:05:01.000Z', c]],
  CertPublicKeyOid: [['CertPublicKeyOid([der])', rsa, c]],
  CertPublicKeyParametersOid: [['CertPublicKeyParametersOid([der])', rsa, c]],
  CertSerialNumber: [
    // The zero keeps the number positive in DER; .NET shows it too.
    ['CertSerialNumber([der])', '00C0FFEE0102030405060708', c],
    ['CertSerialNumber([ca])', '00F1', c],
  ],
  CertSignatureAlgorithmOid: [['CertSignatureAlgorithmOid([der])', '1.2.840.10045.4.3.2', c]],
  CertSubject: [['CertSubject([der])', subject, c]],
  CertSubjectNameDN: [['CertSubjectNameDN([der])', subject, c]],
  CertSubjectNameOid: [['CertSubjectNameOid([der])', null, c]],
  CertThumbprint: [['CertThumbprint([der])', sha1, c]],
  CertVersion: [['CertVersion([der])', 3, c]],
  IsCert: [
    ['IsCert([der])', true, c],
    ['IsCert([cut])', false, c],
    ['IsCert([text])', false, c],
    ['IsCert([nobody])', false, c],
    ['IIF(IsCert([both]),CertVersion([both]),NULL)', [3, 3], c],
  ],
};
