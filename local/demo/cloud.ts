import type { Picture, Shown, Value } from './picture.ts';

/** One request that reached Graph; part of a batch or on its own. */
export interface LogEntry {
  readonly seq: number;
  readonly answeredAt: number;
  readonly method: string;
  readonly path: string;
  readonly bodyKeys: readonly string[];
  readonly status: number | null;
  readonly objectId: string | null;
  readonly effective: boolean;
  readonly changed: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
interface Objects {
  readonly users: readonly Json[];
  readonly groups: readonly Json[];
  readonly deleted: { readonly users: readonly Json[]; readonly groups: readonly Json[] };
}

export interface CloudState {
  readonly picture: Picture;
  /** Ids in Graph by anchor, deleted objects too. */
  readonly ids: ReadonlyMap<string, string>;
}

const userValues = [
  ...['userPrincipalName', 'mailNickname', 'displayName', 'givenName', 'surname', 'mail', 'businessPhones'],
  ...['mobilePhone', 'faxNumber', 'jobTitle', 'department', 'companyName', 'officeLocation', 'streetAddress'],
  ...['city', 'state', 'postalCode', 'country', 'usageLocation', 'preferredLanguage', 'employeeId'],
  ...['employeeType', 'accountEnabled'],
];
const groupValues = ['displayName', 'description', 'mailNickname', 'mailEnabled', 'securityEnabled'];

/** Graph as it is, read without the product: what was written, and which requests came. */
export class Cloud {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async log(since: number): Promise<{ readonly seq: number; readonly entries: readonly LogEntry[] }> {
    return (await this.#get(`/_local/log?since=${since}`)) as { seq: number; entries: LogEntry[] };
  }

  async state(): Promise<CloudState> {
    const { users, groups, deleted } = (await this.#get('/_local/objects')) as Objects;
    const ids = new Map<string, string>();
    const anchors = new Map<string, string>();
    for (const object of [...deleted.users, ...deleted.groups, ...users, ...groups])
      ids.set(anchorOf(object), String(object['id']));
    for (const object of [...users, ...groups]) anchors.set(String(object['id']), anchorOf(object));
    const picture = new Map<string, Shown>();
    for (const user of users) picture.set(anchorOf(user), shownUser(user, anchors));
    for (const group of groups) picture.set(anchorOf(group), shownGroup(group, anchors));
    return { picture, ids };
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`);
    if (!answer.ok) throw new Error(`graph: ${path} answered ${answer.status}`);
    return answer.json();
  }
}

function shownUser(user: Json, anchors: ReadonlyMap<string, string>): Shown {
  const extra = (user['onPremisesExtensionAttributes'] ?? {}) as Json;
  const manager = user['manager'];
  const values: Record<string, Value> = pickValues(user, userValues);
  for (let number = 1; number <= 15; number += 1)
    values[`extensionAttribute${number}`] = valueOf(extra[`extensionAttribute${number}`]);
  values['manager'] = typeof manager === 'string' ? (anchors.get(manager) ?? null) : null;
  return { kind: 'user', label: String(user['userPrincipalName']), values, members: new Set() };
}

function shownGroup(group: Json, anchors: ReadonlyMap<string, string>): Shown {
  const members = (group['members'] as readonly string[]).map((id) => anchors.get(id));
  return {
    kind: 'group',
    label: String(group['displayName']),
    values: pickValues(group, groupValues),
    // A deleted user is no member, though Graph remembers it for a restore.
    members: new Set(members.filter((anchor) => anchor !== undefined)),
  };
}

const pickValues = (object: Json, names: readonly string[]): Record<string, Value> =>
  Object.fromEntries(names.map((name) => [name, valueOf(object[name])]));

/** A list holds one value at most here: businessPhones. */
function valueOf(value: unknown): Value {
  const single: unknown = Array.isArray(value) ? value[0] : value;
  return typeof single === 'string' || typeof single === 'boolean' ? single : null;
}

function anchorOf(object: Json): string {
  const anchor = object['onPremisesImmutableId'] ?? object['uniqueName'];
  return typeof anchor === 'string' ? anchor : `unanchored ${String(object['id'])}`;
}
