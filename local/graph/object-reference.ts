import type { Json } from './json.ts';
import { refuse } from './refusal.ts';
import type { Tenant } from './tenant.ts';

const collections = 'directoryObjects|users|groups|devices|contacts';

/** The id in `@odata.id`: `…/directoryObjects/{id}`, `…/users/{id or UPN}`, also with a key in brackets. Any host will do. */
export function objectIdOf(tenant: Tenant, reference: Json | undefined): string {
  const pattern = new RegExp(`/(?:${collections})(?:/([^/()]+)|\\('([^']+)'\\))$`);
  const found = typeof reference === 'string' ? pattern.exec(reference) : null;
  const key = found?.[1] ?? found?.[2];
  if (key === undefined)
    throw refuse.badRequest("A valid reference is required in '@odata.id' or '@odata.bind'.");
  const decoded = decodeURIComponent(key);
  return decoded.includes('@') ? (tenant.keys.holder('upn', decoded.toLowerCase()) ?? decoded) : decoded;
}
