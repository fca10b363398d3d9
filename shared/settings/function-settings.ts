import { readConnection, type Connection, type IdentityChoice } from './connection.ts';
import { readSettings, type Environment } from './setting-reader.ts';
import type { SettingValue } from './setting-table.ts';

export interface FunctionSettings {
  readonly bus: Connection;
  readonly state: Connection;
  readonly tablePrefix: string;
  readonly tenantId: string;
  readonly graph: {
    /** Without version and trailing slash. */
    readonly url: string;
    readonly scope: string;
    readonly identity: IdentityChoice;
    readonly writesPer150s: number;
    /** Never more than `writesPer150s`, whatever the setting says. */
    readonly burst: number;
  };
  readonly mode: SettingValue<'DIRBRIDGE_MODE'>;
  readonly sweepSchedule: string;
  readonly journalDays: number;
  readonly logLevel: SettingValue<'DIRBRIDGE_LOG_LEVEL'>;
  readonly operator: { readonly issuer: string; readonly audience: string; readonly role: string };
}

/**
 * Settings of the function app.
 *
 * @throws SyncError CONFIG_INVALID naming every setting that is missing, wrong or unknown.
 */
export function loadFunctionSettings(environment: Environment): FunctionSettings {
  const reading = readSettings(environment);
  const tenantId = reading.required('DIRBRIDGE_TENANT_ID');
  const credential = reading.required('DIRBRIDGE_GRAPH_CREDENTIAL');
  const settings: FunctionSettings = {
    bus: readConnection(reading, 'DIRBRIDGE_BUS'),
    state: readConnection(reading, 'DIRBRIDGE_STATE'),
    tablePrefix: reading.required('DIRBRIDGE_TABLE_PREFIX'),
    tenantId,
    graph: {
      url: reading.required('DIRBRIDGE_GRAPH_URL'),
      scope: reading.required('DIRBRIDGE_GRAPH_SCOPE'),
      identity: {
        only: credential === 'managedidentity' ? 'managed' : null,
        clientId: reading.optional('DIRBRIDGE_CLIENT_ID') ?? null,
      },
      writesPer150s: reading.required('DIRBRIDGE_GRAPH_WRITES_PER_150S'),
      burst: reading.required('DIRBRIDGE_GRAPH_BURST'),
    },
    mode: reading.required('DIRBRIDGE_MODE'),
    sweepSchedule: reading.required('DIRBRIDGE_SWEEP_SCHEDULE'),
    journalDays: reading.required('DIRBRIDGE_JOURNAL_DAYS'),
    logLevel: reading.required('DIRBRIDGE_LOG_LEVEL'),
    operator: {
      issuer:
        reading.optional('DIRBRIDGE_OPERATOR_ISSUER') ?? `https://login.microsoftonline.com/${tenantId}/v2.0`,
      audience: reading.required('DIRBRIDGE_OPERATOR_AUDIENCE'),
      role: reading.required('DIRBRIDGE_OPERATOR_ROLE'),
    },
  };
  reading.finish();
  return settings;
}
