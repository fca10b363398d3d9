import type { FunctionDefinition } from './function-definition.ts';
import { dateFunctions } from './functions/date-functions.ts';
import { listFunctions } from './functions/list-functions.ts';
import { logicFunctions } from './functions/logic-functions.ts';
import { numberFunctions } from './functions/number-functions.ts';
import { textFunctions } from './functions/text-functions.ts';

/** Every function of the cloud-sync dialect that can be called, by its case-sensitive name. */
export const functionTable: ReadonlyMap<string, FunctionDefinition> = new Map(
  [...textFunctions, ...logicFunctions, ...dateFunctions, ...listFunctions, ...numberFunctions]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((definition) => [definition.name, definition]),
);

/**
 * Functions that Microsoft's reference for the dialect (functions-for-customizing-application-data, read 2026-11) documents and
 * this version cannot compute: an error about them must not sound like a spelling mistake.
 */
export const functionsToCome: readonly string[] = [
  'AppRoleAssignmentsComplex',
  'CDate',
  'ConvertToBase64',
  'ConvertToUTF8Hex',
  'DateAdd',
  'FormatDateTime',
  'Guid',
  'IgnoreFlowIfNullOrEmpty',
  'PCase',
  'RandomString',
  'Redact',
  'SelectUniqueValue',
  'SingleAppRoleAssignment',
  'Word',
];

/** Names that stand for themselves as arguments. */
export const constantNames: readonly string[] = ['vbBinaryCompare', 'vbTextCompare'];
