import { anyObject } from '../../shared/adapters/active-directory/domain-controller.ts';
import type { LdapConnection } from '../../shared/adapters/active-directory/ldap-connection.ts';
import {
  notificationControl,
  showDeletedControl,
} from '../../shared/adapters/active-directory/ldap-controls.ts';
import { attributeOf } from '../../shared/adapters/active-directory/ldap-entry.ts';

/**
 * Waits on AD's change notification, which tells each write as it happens but not what changed: it only says that a
 * poll is worth while. The filter must be exactly (objectClass=*), so the class is looked at here.
 * Ends when the connection does; throws where the server refuses (five a connection, many a server).
 */
export async function watchChanges(
  connection: LdapConnection,
  namingContext: string,
  classes: ReadonlySet<string>,
  onChange: () => void,
): Promise<void> {
  const stream = connection.search({
    base: namingContext,
    scope: 'sub',
    filter: anyObject,
    attributes: ['objectClass'],
    controls: [notificationControl(), showDeletedControl()],
    operation: 'change notification',
    isEndless: true,
  });
  for await (const entries of stream.batches()) {
    const isOurs = entries.some((entry) =>
      attributeOf(entry, 'objectclass')?.values.some((value) =>
        classes.has(value.toString('latin1').toLowerCase()),
      ),
    );
    if (isOurs) onChange();
  }
}
