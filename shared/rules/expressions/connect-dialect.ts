import { connectCertificateFunctions } from './connect/certificate-functions.ts';
import { connectConversionFunctions } from './connect/conversion-functions.ts';
import { connectDateFunctions } from './connect/date-functions.ts';
import { connectDirectoryFunctions } from './connect/directory-functions.ts';
import { connectFlowFunctions } from './connect/flow-functions.ts';
import { connectListFunctions } from './connect/list-functions.ts';
import { connectTextFunctions } from './connect/text-functions.ts';
import type { Dialect } from './dialect.ts';
import { FlowIgnored } from './evaluation.ts';
import type { Closure, FunctionDefinition } from './function-definition.ts';
import { functionTable } from './function-table.ts';

/** Functions that mean the same in both dialects; of these, the second list works on single values. */
const sharedWholes = [
  'Count',
  'Guid',
  'IsNull',
  'IsNullOrEmpty',
  'IsPresent',
  'Now',
  'RemoveDuplicates',
] as const;
const sharedPerValue = [
  'BitAnd',
  'CBool',
  'CDate',
  'CStr',
  'ConvertToUTF8Hex',
  'DateFromNum',
  'InStr',
  'IsString',
  'Left',
  'NumFromDate',
  'Word',
] as const;

function shared(): FunctionDefinition[] {
  const found = (name: string): FunctionDefinition[] => {
    const definition = functionTable.get(name);
    return definition === undefined ? [] : [definition];
  };
  return [
    ...sharedWholes.flatMap(found),
    ...sharedPerValue.flatMap(found).map((definition) => ({ ...definition, isPerValue: true })),
  ];
}

const names = [
  'vbBinaryCompare',
  'vbTextCompare',
  'CaseSensitive',
  'CaseInsensitive',
  'Unicode',
  'ASCII',
  'UTF8',
  'DC',
] as const;

/** The dialect of Entra Connect Sync's declarative provisioning, as its function reference documents it (read 2026-11). */
export const connectDialect: Dialect = {
  syntax: 'connect',
  functions: new Map(
    [
      ...shared(),
      ...connectTextFunctions,
      ...connectListFunctions,
      ...connectConversionFunctions,
      ...connectDateFunctions,
      ...connectDirectoryFunctions,
      ...connectFlowFunctions,
      ...connectCertificateFunctions,
    ]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((definition) => [definition.name, definition]),
  ),
  constants: new Map<string, Closure>([
    ...names.map((name) => [name, () => name] as const),
    ['True', () => true],
    ['False', () => false],
    ['NULL', () => null],
    // Like NULL here: that flows of lower precedence must not fill in is for the rule file to say.
    ['AuthoritativeNull', () => null],
    ['CRLF', () => '\r\n'],
    [
      'IgnoreThisFlow',
      () => {
        throw new FlowIgnored();
      },
    ],
  ]),
};
