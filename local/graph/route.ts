import type { Context, Operation } from './call.ts';
import { routeDeletedItems } from './deleted-items.ts';
import { routeDirectoryObject, routeGetByIds, routeTenantFacts } from './directory-routes.ts';
import { routeGroups } from './group-routes.ts';
import { refuse } from './refusal.ts';
import { routeUsers } from './user-routes.ts';

/** What a request means; everything that is not listed here is refused, so that no write is taken and lost. */
export function route(context: Context): Operation {
  const { segments } = context.call;
  const operation = find(context);
  if (operation === undefined) throw refuse.unknownSegment(segments.at(-1) ?? '');
  return operation;
}

function find(context: Context): Operation | undefined {
  const [first, second, ...rest] = context.call.segments;
  switch (first) {
    case 'users':
      return routeUsers(context);
    case 'groups':
      return routeGroups(context);
    case 'directory':
      return second === 'deletedItems' ? routeDeletedItems(context) : undefined;
    case 'directoryObjects':
      if (second === undefined || rest.length > 0) return undefined;
      return second === 'getByIds' ? routeGetByIds(context) : routeDirectoryObject(context, second);
    case 'organization':
    case 'domains':
    case 'directoryRoles':
      return routeTenantFacts(context);
    default:
      return undefined;
  }
}
