import { readConnection, type Connection } from './connection.ts';
import { readSettings, type Environment } from './setting-reader.ts';

export interface CommandSettings {
  readonly state: Connection;
  readonly tablePrefix: string;
  /** Without trailing slash. */
  readonly operatorUrl: string;
  readonly operatorAudience: string;
}

/**
 * Settings of the operator's command.
 *
 * @throws SyncError CONFIG_INVALID naming every setting that is missing, wrong or unknown.
 */
export function loadCommandSettings(environment: Environment): CommandSettings {
  const reading = readSettings(environment);
  const settings: CommandSettings = {
    state: readConnection(reading, 'DIRBRIDGE_STATE'),
    tablePrefix: reading.required('DIRBRIDGE_TABLE_PREFIX'),
    operatorUrl: reading.required('DIRBRIDGE_OPERATOR_URL'),
    operatorAudience: reading.required('DIRBRIDGE_OPERATOR_AUDIENCE'),
  };
  reading.finish();
  return settings;
}
