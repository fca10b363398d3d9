import * as z from 'zod';

/** Who reads a setting: the function app, the operator's command, both, or the Functions host itself. */
export type SettingReader = 'function' | 'command' | 'both' | 'host';

export interface Setting<Output> {
  readonly reader: SettingReader;
  readonly description: string;
  /** Completes the sentence "<name> must …"; values are never quoted, since some are secrets. */
  readonly must: string;
  readonly example: string;
  /** Text that is read when the setting is absent or empty. */
  readonly fallback?: string;
  /** Absent is an error of its own (alternatives such as the two forms of a connection are checked by their loader). */
  readonly isRequired?: boolean;
  readonly isSecret?: boolean;
  /** Value in local.settings.sample.json; empty where the laptop does not need it. */
  readonly laptop: string;
  readonly schema: z.ZodType<Output, string>;
}

const setting = <Output>(definition: Setting<Output>): Setting<Output> => definition;

const text = z.string();
const guid = z.guid();
const hostName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/);
const managedIdentity = z.literal('managedidentity');
const logLevel = z.enum(['debug', 'info', 'warn', 'error', 'silent']);
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A token or key must not travel in clear text, so http is taken for this machine only. */
const serviceUrl = z
  .url({ protocol: /^https?$/ })
  .refine((value) => {
    const url = URL.parse(value);
    return url !== null && (url.protocol === 'https:' || loopback.has(url.hostname));
  })
  .transform((value) => value.replace(/\/+$/, ''));

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max));

const connectionString = (part: RegExp) => z.string().regex(part);
const emulatorKey = 'SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=…';

/** Connection to Service Bus and to the state, in the names that the Functions host itself reads. */
const connections = {
  DIRBRIDGE_BUS: setting({
    reader: 'function',
    description:
      'Connection string of the Service Bus namespace. Meant for the laptop; in Azure use DIRBRIDGE_BUS__fullyQualifiedNamespace.',
    must: 'be a Service Bus connection string',
    example: `Endpoint=sb://contoso.servicebus.windows.net;${emulatorKey}`,
    isSecret: true,
    laptop:
      'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=laptop;SharedAccessKey=laptop;UseDevelopmentEmulator=true',
    schema: connectionString(/^Endpoint=sb:\/\/[^;]+;/i),
  }),
  DIRBRIDGE_BUS__fullyQualifiedNamespace: setting({
    reader: 'function',
    description: 'Host name of the Service Bus namespace, reached with an identity.',
    must: 'be a host name without scheme or port',
    example: 'contoso.servicebus.windows.net',
    laptop: '',
    schema: hostName,
  }),
  DIRBRIDGE_BUS__credential: setting({
    reader: 'function',
    description:
      'managedidentity: only the managed identity is tried. Absent: workload identity, managed identity and developer sign-ins in turn.',
    must: 'be managedidentity or absent',
    example: 'managedidentity',
    laptop: '',
    schema: managedIdentity,
  }),
  DIRBRIDGE_BUS__clientId: setting({
    reader: 'function',
    description: 'Client id of the user-assigned identity for Service Bus.',
    must: 'be a GUID',
    example: '11111111-2222-3333-4444-555555555555',
    laptop: '',
    schema: guid,
  }),
  DIRBRIDGE_STATE: setting({
    reader: 'both',
    description:
      'Connection string of the storage account whose tables hold the state. Meant for the laptop; in Azure use DIRBRIDGE_STATE__tableServiceUri.',
    must: 'be a storage connection string with AccountName, AccountKey and an endpoint',
    example:
      'DefaultEndpointsProtocol=https;AccountName=contosostate;AccountKey=…;EndpointSuffix=core.windows.net',
    isSecret: true,
    laptop: 'UseDevelopmentStorage=true',
    schema: connectionString(/^UseDevelopmentStorage=true;?$|AccountName=[^;]+/i),
  }),
  DIRBRIDGE_STATE__tableServiceUri: setting({
    reader: 'both',
    description: 'Address of the table service of the state account, reached with an identity.',
    must: 'be an https address (http on this machine only)',
    example: 'https://contosostate.table.core.windows.net',
    laptop: '',
    schema: serviceUrl,
  }),
  DIRBRIDGE_STATE__credential: setting({
    reader: 'both',
    description:
      'managedidentity: only the managed identity is tried. Absent: workload identity, managed identity and developer sign-ins in turn.',
    must: 'be managedidentity or absent',
    example: 'managedidentity',
    laptop: '',
    schema: managedIdentity,
  }),
  DIRBRIDGE_STATE__clientId: setting({
    reader: 'both',
    description: 'Client id of the user-assigned identity for the state account.',
    must: 'be a GUID',
    example: '11111111-2222-3333-4444-555555555555',
    laptop: '',
    schema: guid,
  }),
  DIRBRIDGE_TABLE_PREFIX: setting({
    reader: 'both',
    description: 'First letters of every table name, so that one account can hold several deployments.',
    must: 'be 1 to 30 letters and digits, beginning with a letter',
    example: 'Dirbridge',
    fallback: 'Dirbridge',
    laptop: 'Dirbridge',
    schema: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,29}$/),
  }),
};

const cloud = {
  DIRBRIDGE_TENANT_ID: setting({
    reader: 'function',
    description: 'Id of the Entra tenant that is written to.',
    must: 'be a GUID',
    example: '99999999-8888-7777-6666-555555555555',
    isRequired: true,
    laptop: '99999999-8888-7777-6666-555555555555',
    schema: guid,
  }),
  DIRBRIDGE_CLIENT_ID: setting({
    reader: 'function',
    description:
      'Client id of the user-assigned identity that calls Microsoft Graph. Absent: the system-assigned one.',
    must: 'be a GUID',
    example: '11111111-2222-3333-4444-555555555555',
    laptop: '11111111-2222-3333-4444-555555555555',
    schema: guid,
  }),
  DIRBRIDGE_GRAPH_URL: setting({
    reader: 'function',
    description: 'Address of Microsoft Graph without the version; national clouds have their own.',
    must: 'be an https address (http on this machine only)',
    example: 'https://graph.microsoft.us',
    fallback: 'https://graph.microsoft.com',
    laptop: 'http://127.0.0.1:5300',
    schema: serviceUrl,
  }),
  DIRBRIDGE_GRAPH_SCOPE: setting({
    reader: 'function',
    description: 'Scope that tokens for Microsoft Graph are asked for.',
    must: 'end in /.default',
    example: 'https://graph.microsoft.us/.default',
    fallback: 'https://graph.microsoft.com/.default',
    laptop: 'https://graph.microsoft.com/.default',
    schema: z.string().regex(/^\S+\/\.default$/),
  }),
  DIRBRIDGE_GRAPH_CREDENTIAL: setting({
    reader: 'function',
    description:
      'managedidentity: only the managed identity is tried. default: workload identity, managed identity and developer sign-ins in turn.',
    must: 'be managedidentity or default',
    example: 'managedidentity',
    fallback: 'managedidentity',
    laptop: 'managedidentity',
    schema: z.enum(['managedidentity', 'default']),
  }),
  DIRBRIDGE_GRAPH_WRITES_PER_150S: setting({
    reader: 'function',
    description:
      'Writes to Microsoft Graph in any 150 seconds. The service allows one app 3,000 in one tenant; less leaves room for others that use the same app.',
    must: 'be a whole number from 20 to 30000',
    example: '3000',
    fallback: '3000',
    laptop: '3000',
    schema: wholeNumber(20, 30_000),
  }),
  DIRBRIDGE_GRAPH_BURST: setting({
    reader: 'function',
    description:
      'How many of the writes of 150 seconds may come at once. The service takes all of them; less keeps an import from emptying a bucket that others use too.',
    must: 'be a whole number from 20 to 30000',
    example: '3000',
    fallback: '30000',
    laptop: '',
    schema: wholeNumber(20, 30_000),
  }),
};

const operation = {
  DIRBRIDGE_MODE: setting({
    reader: 'function',
    description:
      'plan: nothing is written, every operation is journaled as planned. upsert-only: nothing is deleted or disabled. full: everything the rules say.',
    must: 'be plan, upsert-only or full',
    example: 'full',
    fallback: 'plan',
    laptop: 'full',
    schema: z.enum(['plan', 'upsert-only', 'full']),
  }),
  DIRBRIDGE_SWEEP_SCHEDULE: setting({
    reader: 'function',
    description: 'When partitions with due work but no message are woken (NCRONTAB, six fields, UTC).',
    must: 'be six fields of an NCRONTAB expression',
    example: '0 * * * * *',
    fallback: '0 * * * * *',
    laptop: '*/10 * * * * *',
    schema: z.string().regex(/^\S+(?: \S+){5}$/),
  }),
  DIRBRIDGE_JOURNAL_DAYS: setting({
    reader: 'function',
    description: 'Whole days that the journal is kept.',
    must: 'be a whole number from 1 to 3650',
    example: '90',
    fallback: '90',
    laptop: '7',
    schema: wholeNumber(1, 3_650),
  }),
  DIRBRIDGE_LOG_LEVEL: setting({
    reader: 'function',
    description: 'Least level that is logged.',
    must: 'be debug, info, warn, error or silent',
    example: 'info',
    fallback: 'info',
    laptop: 'info',
    schema: logLevel,
  }),
  DIRBRIDGE_OPERATOR_ISSUER: setting({
    reader: 'function',
    description:
      'Issuer of operators’ tokens. Absent: the v2.0 issuer of DIRBRIDGE_TENANT_ID in the public cloud.',
    must: 'be an https address (http on this machine only)',
    example: 'https://login.microsoftonline.com/99999999-8888-7777-6666-555555555555/v2.0',
    laptop: '',
    schema: serviceUrl,
  }),
  DIRBRIDGE_OPERATOR_AUDIENCE: setting({
    reader: 'both',
    description:
      'Audience of operators’ tokens: the application (client) id of the app registration, or its id URI.',
    must: 'be a GUID or an id URI',
    example: 'api://dirbridge.contoso.com',
    isRequired: true,
    laptop: 'api://dirbridge',
    schema: z.union([guid, z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/\S+$/)]),
  }),
  DIRBRIDGE_OPERATOR_ROLE: setting({
    reader: 'function',
    description: 'App role that a token must carry to approve, reject, publish or undo.',
    must: 'be the value of an app role',
    example: 'Dirbridge.Operator',
    fallback: 'Dirbridge.Operator',
    laptop: 'Dirbridge.Operator',
    schema: z.string().regex(/^[\w.:-]{1,120}$/),
  }),
  DIRBRIDGE_OPERATOR_URL: setting({
    reader: 'command',
    description: 'Address of the function app, for the operator’s command.',
    must: 'be an https address (http on this machine only)',
    example: 'https://contoso-dirbridge.azurewebsites.net',
    isRequired: true,
    laptop: '',
    schema: serviceUrl,
  }),
};

/** Read by the Functions host, never by Dirbridge; listed so that the sample file and the docs are complete. */
const host = {
  AzureWebJobsStorage: setting({
    reader: 'host',
    description: 'Storage of the Functions host (timer locks, keys).',
    must: 'be a storage connection string',
    example: 'UseDevelopmentStorage=true',
    isSecret: true,
    laptop: 'UseDevelopmentStorage=true',
    schema: text,
  }),
  FUNCTIONS_WORKER_RUNTIME: setting({
    reader: 'host',
    description: 'Language worker. On the laptop only: Flex Consumption refuses it as an app setting.',
    must: 'be node',
    example: 'node',
    laptop: 'node',
    schema: text,
  }),
  APPLICATIONINSIGHTS_CONNECTION_STRING: setting({
    reader: 'host',
    description: 'Where telemetry goes. Absent: none is sent.',
    must: 'be a connection string of Application Insights',
    example: 'InstrumentationKey=…;IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/',
    isSecret: true,
    laptop: '',
    schema: text,
  }),
};

/** Every setting of the product. docs/reference/settings.md and the check of local.settings.sample.json come from it. */
export const settingTable = { ...connections, ...cloud, ...operation, ...host };

export type SettingName = keyof typeof settingTable;
export type SettingValue<Name extends SettingName> = z.output<(typeof settingTable)[Name]['schema']>;
