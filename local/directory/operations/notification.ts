import { LdapFailure } from '../wire/ldap-failure.ts';
import type { SearchOperation } from '../wire/ldap-request.ts';
import type { ResponseEntry } from '../wire/write-response.ts';
import { buildEntry } from './build-entry.ts';
import { isVisible, resolve, type OperationContext, type WriteRecord } from './operation-context.ts';
import { selectAttributes } from './select-attributes.ts';

/** AD's MaxNotificationPerConn policy. */
const PER_CONNECTION_MAX = 5;

/** A search that stays open and answers with each object that is written in its scope (control 528). */
export interface Notification {
  readonly id: number;
  readonly entry: (record: WriteRecord) => ResponseEntry | undefined;
}

export function openNotification(
  context: OperationContext,
  id: number,
  operation: SearchOperation,
  openCount: number,
): Notification {
  const base = resolve(context, operation.base, `0000208D: NameErr: no object '${operation.base}'`);
  const { filter, scope } = operation;
  if (filter.kind !== 'present' || filter.attribute.toLowerCase() !== 'objectclass') {
    throw new LdapFailure('unwillingToPerform', '000020B9: Search filter too complex');
  }
  if (openCount >= PER_CONNECTION_MAX) {
    throw new LdapFailure('adminLimitExceeded', '00002024: MaxNotificationPerConn reached');
  }
  const selection = selectAttributes(operation.attributes);
  return {
    id,
    entry: ({ object }) => {
      const isInScope =
        scope === 'sub' ? object.isWithin(base) : scope === 'one' ? object.parent === base : object === base;
      if (!isInScope || !isVisible(context, object)) return undefined;
      return buildEntry(context, object, selection, operation.typesOnly);
    },
  };
}
