import type { Call } from './call.ts';
import type { Entry, Kind, View } from './entry.ts';
import { parseFilter, type Filter } from './filter.ts';
import type { JsonObject } from './json.ts';
import type { Outcome } from './outcome.ts';
import { checkSelect, defaultsOf, present, presentTyped } from './present.ts';
import { refuse } from './refusal.ts';

/** An object and what this read shows of it. */
export interface Shown {
  readonly entry: Entry;
  readonly view: View;
}

export interface CollectionShape {
  /** Absent: a collection of mixed kinds, whose items carry @odata.type. */
  readonly kind?: Kind;
  readonly context: string;
  readonly pageSize: number;
}

const knownOptions = new Set(['$select', '$filter', '$top', '$count', '$skiptoken', '$orderby']);
/** Those that the user and group pages mark as filterable and a synchronization asks for. */
const filterable = new Set([
  ...['id', 'userPrincipalName', 'mail', 'mailNickname', 'onPremisesImmutableId', 'displayName', 'givenName'],
  ...[
    'surname',
    'accountEnabled',
    'department',
    'jobTitle',
    'employeeId',
    'employeeType',
    'userType',
    'country',
  ],
  ...[
    'city',
    'state',
    'companyName',
    'usageLocation',
    'proxyAddresses',
    'otherMails',
    'onPremisesSyncEnabled',
  ],
  ...[
    'onPremisesSamAccountName',
    'onPremisesExtensionAttributes',
    'uniqueName',
    'securityEnabled',
    'mailEnabled',
  ],
  ...['groupTypes', 'isAssignableToRole', 'onPremisesSecurityIdentifier', 'roleTemplateId'],
]);

export function isAdvanced(call: Call): boolean {
  return (
    call.headers['consistencylevel']?.toLowerCase() === 'eventual' && call.query.get('$count') === 'true'
  );
}

export function selectOf(call: Call): string[] | undefined {
  const select = call.query.get('$select');
  if (select === null) return undefined;
  return select
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'id');
}

/** An option that this emulator does not know is refused, never ignored. */
export function checkOptions(call: Call, known: ReadonlySet<string> = knownOptions): void {
  for (const name of call.query.keys())
    if (!known.has(name)) throw refuse.unsupportedQuery(`Query option '${name}' is not supported.`);
}

export function filterOf(call: Call): Filter | undefined {
  const text = call.query.get('$filter');
  return text === null ? undefined : parseFilter(text, isAdvanced(call), (name) => filterable.has(name));
}

/** One page, in order of creation; the next page starts behind the last serial shown. */
export function answerCollection(call: Call, items: Iterable<Shown>, shape: CollectionShape): Outcome {
  checkOptions(call);
  if (call.query.has('$orderby') && call.query.has('$filter') && !isAdvanced(call))
    throw refuse.unsupportedQuery('Sorting is not supported together with $filter without advanced query.');
  const select = selectOf(call);
  if (select !== undefined && shape.kind !== undefined) checkSelect(shape.kind, select);
  const filter = filterOf(call);
  const size = pageSizeOf(call, shape.pageSize);
  const after = skipOf(call);
  const matching = [...items].filter((item) => filter?.matches(item.view.properties) ?? true);
  const isSorted = call.query.has('$orderby');
  const ordered = isSorted
    ? sortBy(call, matching)
    : matching.toSorted((a, b) => a.entry.serial - b.entry.serial);
  const start = isSorted ? after : ordered.findIndex((item) => item.entry.serial > after);
  const page = start < 0 ? [] : ordered.slice(start, start + size);
  const last = page.at(-1);
  const body: Record<string, JsonObject[string]> = { '@odata.context': shape.context };
  if (isAdvanced(call) && after === 0) body['@odata.count'] = matching.length;
  if (last !== undefined && ordered.at(-1) !== last)
    body['@odata.nextLink'] = nextLink(call, isSorted ? start + page.length : last.entry.serial);
  const show = shape.kind === undefined ? presentTyped : present;
  body['value'] = page.map(({ entry, view }) => show(entry, view, knownTo(entry.kind, select)));
  return { status: 200, body };
}

/** A mixed collection shows of each item what its kind has. */
function knownTo(kind: Kind, select: readonly string[] | undefined): readonly string[] | undefined {
  if (select === undefined || kind === 'user' || kind === 'group') return select;
  return select.filter((name) => defaultsOf(kind).includes(name));
}

function pageSizeOf(call: Call, standard: number): number {
  const top = call.query.get('$top');
  if (top === null) return standard;
  const size = Number(top);
  if (!Number.isInteger(size) || size < 1 || size > 999)
    throw refuse.badRequest('Invalid page size specified. Must be between 1 and 999 inclusive.');
  return size;
}

/** Serial of the last item shown, so that what is deleted between two pages moves nothing; a position when sorted. */
function skipOf(call: Call): number {
  const token = call.query.get('$skiptoken');
  if (token === null) return 0;
  const position = Number(Buffer.from(token, 'base64url').toString('utf8').replace(/^at:/, ''));
  if (!Number.isInteger(position) || position < 0) throw refuse.malformed('The $skiptoken is not valid.');
  return position;
}

function nextLink(call: Call, position: number): string {
  const query = new URLSearchParams(call.query);
  query.set('$skiptoken', Buffer.from(`at:${position}`).toString('base64url'));
  const path = call.segments.map((segment) => encodeURIComponent(segment)).join('/');
  return `${call.origin}/v1.0/${path}?${query.toString().replaceAll('%24', '$')}`;
}

function sortBy(call: Call, items: Shown[]): Shown[] {
  const orderBy = call.query.get('$orderby') ?? '';
  const [property = '', direction = 'asc'] = orderBy.trim().split(/\s+/);
  if (!['displayName', 'userPrincipalName'].includes(property) || !['asc', 'desc'].includes(direction))
    throw refuse.unsupportedQuery(`Sorting by '${orderBy}' is not supported.`);
  const sign = direction === 'asc' ? 1 : -1;
  const key = (item: Shown) => JSON.stringify(item.view.properties[property] ?? null);
  return items.toSorted((a, b) => sign * key(a).localeCompare(key(b)));
}
