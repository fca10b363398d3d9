import type { Dialect } from './dialect.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { dateFunctions } from './functions/date-functions.ts';
import { encodingFunctions } from './functions/encoding-functions.ts';
import { flowFunctions } from './functions/flow-functions.ts';
import { listFunctions } from './functions/list-functions.ts';
import { logicFunctions } from './functions/logic-functions.ts';
import { numberFunctions } from './functions/number-functions.ts';
import { randomFunctions } from './functions/random-functions.ts';
import { textFunctions } from './functions/text-functions.ts';
import { wordFunctions } from './functions/word-functions.ts';

/** Every function of the cloud-sync dialect that can be called, by its case-sensitive name. */
export const functionTable: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    ...textFunctions,
    ...wordFunctions,
    ...encodingFunctions,
    ...logicFunctions,
    ...dateFunctions,
    ...listFunctions,
    ...numberFunctions,
    ...randomFunctions,
    ...flowFunctions,
  ]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((definition) => [definition.name, definition]),
);

/** The dialect of cloud sync and application provisioning. */
export const cloudSyncDialect: Dialect = {
  syntax: 'cloud-sync',
  functions: functionTable,
  constants: new Map(['vbBinaryCompare', 'vbTextCompare'].map((name) => [name, () => name])),
};
