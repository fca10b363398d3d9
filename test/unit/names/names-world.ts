import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import type { CloudAnswer, CloudRequest } from '../../../shared/model/cloud-request.ts';
import type { QuarantineEntry } from '../../../shared/state/quarantine-entry.ts';
import { lookAhead, runSlice } from '../../../functions/pipeline/run-slice.ts';
import { ensureWork } from '../../../functions/pipeline/work.ts';
import { connector, refusal, user, World } from '../pipeline-review/world.ts';

interface CloudUser {
  readonly id: string;
  readonly anchor: string;
  readonly values: Record<string, unknown>;
  isDeleted: boolean;
}

const unique = ['userPrincipalName', 'mailNickname'] as const;

interface DriveOptions {
  readonly atOnce?: boolean;
  readonly order?: (partitions: string[]) => string[];
}

/** Deletes in the cloud at once what is deleted at its source. */
export const deletesAtOnce = (text: string): string =>
  text.replace('deleted: { action: disable, deleteAfter: P30D }', 'deleted: { action: delete }');

/** The pipeline before a small cloud that refuses a name that another live user has. */
export class NamesWorld {
  readonly world: World;
  readonly users = new Map<string, CloudUser>();
  /** Requests that the cloud refused. */
  refusals = 0;
  readonly #partitions = new Set<string>();

  constructor(rules: (text: string) => string = (text) => text) {
    this.world = new World({ rules });
    this.world.intercept = (request) => this.answer(request);
  }

  async fold(change: ObjectChange): Promise<void> {
    this.#partitions.add(partitionOf(connector, change.key));
    await this.world.fold([change]);
  }

  /** A user whose principal name and nickname are `name`. */
  create(key: string, name: string): Promise<void> {
    return this.fold(user(key, name));
  }

  rename(key: string, name: string, attribute: 'userPrincipalName' | 'sAMAccountName' | 'both' = 'both') {
    const attributes: Record<string, string[]> = {};
    if (attribute !== 'sAMAccountName') attributes['userPrincipalName'] = [`${name}@corp.example`];
    if (attribute !== 'userPrincipalName') attributes['sAMAccountName'] = [name];
    return this.fold({ key, attributes });
  }

  tombstone(key: string): Promise<void> {
    return this.fold({ key, deleted: true, attributes: {} });
  }

  /**
   * Turns of all partitions in the order of what is due, until nothing is due within the time; then that time is over.
   * `atOnce`: partitions take their turns at the same time.
   */
  async drive(forMs: number, { atOnce = false, order = (all) => all }: DriveOptions = {}): Promise<void> {
    const { world } = this;
    const endAt = world.now + forMs;
    for (;;) {
      const next: number[] = [];
      const turn = (partition: string): Promise<boolean> => this.#turn(partition, next);
      const partitions = order([...this.#partitions]);
      let isIdle = true;
      if (atOnce) isIdle = !(await Promise.all(partitions.map(turn))).includes(true);
      else for (const partition of partitions) if (await turn(partition)) isIdle = false;
      if (!isIdle) continue;
      const soonest = Math.min(...next);
      if (soonest > endAt) break;
      world.now = Math.max(world.now, soonest);
    }
    world.now = Math.max(world.now, endAt);
  }

  /** False: nothing is due there; `next` is told when something will be. */
  async #turn(partition: string, next: number[]): Promise<boolean> {
    const { world } = this;
    const place = { connector, partition };
    const work = await world.work(partition);
    const { due, nextAt } = await lookAhead(world.pipeline, place);
    if (nextAt !== null) next.push(nextAt);
    if (work?.work != null && work.at > world.now) next.push(work.at);
    const isTurn = work?.work != null && work.at <= world.now;
    if (due.length === 0 && !isTurn) return false;
    await ensureWork(world.pipeline, place, { at: world.now, rank: due[0]?.rank ?? '1', by: null });
    await runSlice(world.pipeline, place, (await world.work(partition))?.work ?? '');
    return true;
  }

  /** What the live cloud user of a source object has. */
  async nameOf(key: string, property: (typeof unique)[number] = 'userPrincipalName'): Promise<unknown> {
    const id = (await this.world.object(key))?.link?.cloudId ?? '';
    const found = this.users.get(id);
    return found === undefined || found.isDeleted ? undefined : found.values[property];
  }

  async quarantined(key: string): Promise<QuarantineEntry | undefined> {
    return (await this.world.tables.get('Quarantine', connector, key))?.data as QuarantineEntry | undefined;
  }

  /** Writes of names that the cloud took, and creations. */
  namings(): readonly CloudRequest[] {
    return this.world.requests.filter(
      ({ method, body }) =>
        method !== 'GET' &&
        unique.some((one) => one in ((body as Record<string, unknown> | undefined) ?? {})),
    );
  }

  answer(request: CloudRequest): CloudAnswer | null {
    const ok = { id: request.id, ok: true, requestId: null } as const;
    const body = (request.body ?? {}) as Record<string, unknown>;
    const anchor = /onPremisesImmutableId eq '([^']*)'/.exec(decodeURIComponent(request.path))?.[1];
    if (request.method === 'GET') {
      const isDeleted = request.path.startsWith('/directory/deletedItems');
      const value = [...this.users.values()].filter(
        (one) => one.anchor === anchor && one.isDeleted === isDeleted,
      );
      return { ...ok, status: 200, body: { value: value.map(({ id }) => ({ id })) } };
    }
    const restored = /^\/directory\/deletedItems\/([^/]+)\/restore$/.exec(request.path)?.[1];
    const id = restored ?? /^\/users\/([^/]+)$/.exec(request.path)?.[1] ?? `u${this.users.size + 1}`;
    if (restored === undefined && request.path !== '/users' && request.path !== `/users/${id}`) return null;
    const known = this.users.get(id);
    if (request.method === 'DELETE') {
      if (known === undefined || known.isDeleted) return refusal(request, {});
      known.isDeleted = true;
      return { ...ok, status: 204, body: undefined };
    }
    if (request.method === 'PATCH' && (known === undefined || known.isDeleted)) return refusal(request, {});
    const values = { ...known?.values, ...body };
    const given = body['onPremisesImmutableId'];
    const ownAnchor = known?.anchor ?? (typeof given === 'string' ? given : '');
    const taken = this.#takenOf(id, values, ownAnchor);
    if (taken !== null) {
      this.refusals += 1;
      const message = 'Another object with the same value for a property already exists.';
      return refusal(request, { code: 'GRAPH_CONFLICT', status: 400, targets: [taken], message });
    }
    this.users.set(id, { id, anchor: ownAnchor, values, isDeleted: false });
    return request.path === '/users'
      ? { ...ok, status: 201, body: { id } }
      : { ...ok, status: 204, body: undefined };
  }

  #takenOf(id: string, values: Record<string, unknown>, anchor: string): string | null {
    for (const other of this.users.values()) {
      if (other.id === id) continue;
      if (anchor !== '' && other.anchor === anchor) return 'onPremisesImmutableId';
      if (other.isDeleted) continue;
      const clash = unique.find(
        (one) => String(other.values[one]).toLowerCase() === String(values[one]).toLowerCase(),
      );
      if (clash !== undefined) return clash;
    }
    return null;
  }
}
