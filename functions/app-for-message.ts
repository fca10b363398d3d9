import { SyncError } from '../shared/errors/sync-error.ts';
import { systemClock } from '../shared/adapters/system/system-clock.ts';
import { createLog } from '../shared/telemetry/log.ts';
import { functionApp, type FunctionApp } from './composition.ts';
import { patienceMs } from './settle-message.ts';

/**
 * The app for a handler of messages. Wrong settings are said at once, then waited on: only a restart with other settings
 * can help, and the messages must still be there then. A message given back is delivered again at once, and after a
 * hundred deliveries the broker drops it into the dead letters; with this pause that takes half a day.
 */
export async function appForMessage(): Promise<FunctionApp> {
  try {
    return functionApp();
  } catch (error) {
    if (error instanceof SyncError) {
      const log = createLog({ level: 'error', format: 'json', stream: process.stdout });
      log.error('messages wait until the settings are right', {
        code: error.code,
        message: error.message,
        action: error.action,
      });
    }
    await systemClock.sleep(patienceMs);
    throw error;
  }
}
