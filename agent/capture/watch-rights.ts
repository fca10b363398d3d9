import { SyncError } from '../../shared/errors/sync-error.ts';
import type { CaptureContext } from './capture-context.ts';

const everyMs = 30_000;
const message =
  'the bind account may not read CN=Deleted Objects: deletions are not seen, and what is deleted stays in the cloud';

/** Looks now and then whether deletions can still be seen: losing that right makes no error anywhere. */
export async function watchRights(context: CaptureContext): Promise<void> {
  const { clock, signal, log, namingContext, troubles } = context;
  const cause = `rights/deleted-objects/${namingContext}`;
  while (!signal.aborted) {
    if (await mayReadDeletions(context)) {
      troubles.end(cause);
    } else if (troubles.begin(cause, { code: 'LDAP_RIGHTS', message })) {
      log.warn(message, { code: 'LDAP_RIGHTS', namingContext });
    }
    await clock.sleep(everyMs, signal);
  }
}

/** Where the directory does not answer, those who need it more will say so. */
async function mayReadDeletions({ reader }: CaptureContext): Promise<boolean> {
  try {
    return await reader.showsDeletions();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return error.code !== 'LDAP_RIGHTS';
  }
}
