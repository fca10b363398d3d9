import { derTag, derText, NotDer, objectIdOf, partsOf, type DerValue } from './der.ts';

/** One attribute of a name. */
interface NameAttribute {
  readonly objectId: string;
  readonly value: string;
}

/** In the order in which the certificate has them: the country first, the person last, mostly. */
export type X500Name = readonly (readonly NameAttribute[])[];

/** As Windows abbreviates them (CertNameToStr, CERT_X500_NAME_STR); what is not here is `OID.1.2.3`. */
const abbreviations: Readonly<Record<string, string>> = {
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'E',
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'S',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'T',
  '2.5.4.13': 'Description',
  '2.5.4.17': 'PostalCode',
  '2.5.4.18': 'POBox',
  '2.5.4.20': 'Phone',
  '2.5.4.42': 'G',
  '2.5.4.43': 'I',
  '2.5.4.46': 'dnQualifier',
};

/** @throws NotDer */
export function readName(value: DerValue | undefined): X500Name {
  return partsOf(value, derTag.sequence).map((set) =>
    partsOf(set, derTag.set).map((pair): NameAttribute => {
      const [type, text] = partsOf(pair, derTag.sequence);
      if (text === undefined) throw new NotDer();
      return { objectId: objectIdOf(type), value: derText(text) };
    }),
  );
}

/** As .NET writes a distinguished name: the last part first, `CN=Ada, O="Contoso, Ltd.", C=DE`. */
export function nameText(name: X500Name): string {
  return name
    .toReversed()
    .map((set) => set.map(({ objectId, value }) => `${labelOf(objectId)}=${quoted(value)}`).join(' + '))
    .join(', ');
}

const labelOf = (objectId: string): string => abbreviations[objectId] ?? `OID.${objectId}`;

function quoted(value: string): string {
  const isPlain = /^[^\s,+="\n<>#;]([^,+="\n<>#;]*[^\s,+="\n<>#;])?$/.test(value);
  return isPlain ? value : `"${value.replaceAll('"', '""')}"`;
}

/** The value of the last part of that kind, the most specific one. */
export function lastOf(name: X500Name, abbreviation: string): string | undefined {
  return name.flat().findLast(({ objectId }) => abbreviations[objectId] === abbreviation)?.value;
}

export const anyOf = (name: X500Name): string | undefined => name.flat()[0]?.value;
