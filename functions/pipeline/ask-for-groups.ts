import { referenceRange } from '../../shared/state/keys.ts';
import type { Acting } from './guard-plan.ts';
import { eachPage } from './each-page.ts';
import type { Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { sendCommand } from './send-command.ts';

const groupsAtOnce = 100;
const referencesAtOnce = 1_000;

/**
 * Objects that are restored in the cloud get their memberships back there. In Active Directory an undelete without the
 * recycle bin has dropped them, and no read of the object or of its groups' changes says so (measured on Samba 4.17):
 * so the member lists of every group that names the object are read again. Asked before the restore, since a repeated
 * question costs nothing and a lost one would leave rights that nobody granted.
 */
export async function askForGroups(
  pipeline: Pipeline,
  place: Place,
  acting: readonly Acting[],
): Promise<void> {
  const restored = acting.filter(({ guard }) =>
    guard.allowed.some((operation) => operation.kind === 'restore'),
  );
  const lists = await Promise.all(restored.map(({ due }) => groupsOf(pipeline, place, due.key)));
  const groups = [...new Set(lists.flat())];
  for (let at = 0; at < groups.length; at += groupsAtOnce) {
    const requests = groups.slice(at, at + groupsAtOnce).map((key) => ({ key }));
    await sendCommand(pipeline, place.connector, 'refresh', { requests });
  }
}

async function groupsOf(pipeline: Pipeline, place: Place, target: string): Promise<readonly string[]> {
  const groups: string[] = [];
  const range = {
    table: 'References',
    ...referenceRange(target),
    limit: referencesAtOnce,
    keysOnly: true,
  } as const;
  await eachPage(pipeline, place, range, (rows) => {
    for (const { rowKey } of rows) {
      const [, referrer = '', attribute = ''] = rowKey.split('|');
      if (attribute === 'member') groups.push(referrer);
    }
  });
  return groups;
}
