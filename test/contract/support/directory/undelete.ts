import { Attribute, Change, type Client } from 'ldapts';

import { showDeletedControl } from './controls.ts';
import { guidText } from './guid.ts';

/** Brings a tombstone back (MS-ADTS 3.1.1.5.3.7): isDeleted goes and the dn is set, in one modify under show-deleted. */
export async function undelete(client: Client, guid: Buffer, dn: string): Promise<void> {
  const change = (operation: 'delete' | 'replace', type: string, values: string[]) =>
    new Change({ operation, modification: new Attribute({ type, values }) });
  const changes = [change('delete', 'isDeleted', []), change('replace', 'distinguishedName', [dn])];
  const options = { scope: 'base' as const, attributes: ['isDeleted'] };
  const { searchEntries } = await client.search(`<GUID=${guidText(guid)}>`, options, showDeletedControl());
  // By its dn: Samba's undelete fails (1) on an object named by GUID.
  await client.modify(searchEntries[0]?.dn ?? '', changes, showDeletedControl());
}
