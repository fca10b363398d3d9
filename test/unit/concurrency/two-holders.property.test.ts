import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import type { CloudRequest } from '../../../shared/model/cloud-request.ts';
import type { TableStore } from '../../../shared/ports/table-store.ts';
import { foldChangeSet } from '../../../functions/pipeline/fold-change-set.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { sweepPartition } from '../../../functions/pipeline/sweep-partition.ts';
import {
  answer,
  connector,
  group,
  Killed,
  keyIn,
  memberChange,
  user,
  World,
} from '../pipeline-review/world.ts';
import { quietly } from './quietly.ts';

const partition = 'p01';
const place = { connector, partition };
const people = [keyIn(partition, 0), keyIn(partition, 1), keyIn(partition, 2)];
const crew = keyIn(partition, 3);
const nameOf = (key: string): string => `n${people.indexOf(key)}`;

/** What happens to the partition, one after another, while turns that were begun go on. */
type Event =
  | { readonly kind: 'title' | 'join' | 'leave'; readonly who: number; readonly lane: 'live' | 'bulk' }
  | { readonly kind: 'turn' | 'again' | 'sweep' | 'kill'; readonly process: number }
  /** All stand still for so long. */
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'ticks'; readonly count: number };

const process = fc.nat(1);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('title', 'title', 'join', 'leave'),
    who: fc.nat(people.length - 1),
    lane: fc.constantFrom('live', 'bulk'),
  }),
  fc.record({ kind: fc.constantFrom('turn', 'turn', 'again', 'sweep'), process }),
  fc.record({ kind: fc.constant('kill' as const), process }),
  fc.record({ kind: fc.constant('pause' as const), ms: fc.constantFrom(1_000, 35_000, 45_000, 130_000) }),
  fc.record({ kind: fc.constant('ticks' as const), count: fc.integer({ min: 1, max: 60 }) }),
);

const ticks = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** One process on the shared ports: what waits together in one process does not wait for the other. */
function processOn(world: World): { pipeline: Pipeline; kill: () => void } {
  const dead = new AbortController();
  const alive = async <T>(call: () => Promise<T>): Promise<T> => {
    dead.signal.throwIfAborted();
    const result = await call();
    dead.signal.throwIfAborted();
    return result;
  };
  const { tables } = world;
  const ownTables: TableStore = {
    get: (...given) => alive(() => tables.get(...given)),
    getMany: (...given) => alive(() => tables.getMany(...given)),
    range: (...given) => alive(() => tables.range(...given)),
    scan: (...given) => tables.scan(...given),
    transact: (...given) => alive(() => tables.transact(...given)),
  };
  const { pipeline } = world;
  return {
    pipeline: {
      ...pipeline,
      tables: ownTables,
      sender: { send: (messages) => alive(() => pipeline.sender.send(messages)) },
      target: { send: (requests, options) => alive(() => pipeline.target.send(requests, options)) },
    },
    kill: () => {
      dead.abort(new Killed());
    },
  };
}

/** Graph as far as these objects go: it knows whom it has made, takes its time, and sees what overlaps. */
class SmallCloud {
  readonly titles = new Map<string, string[]>();
  readonly members = new Set<string>();
  readonly made = new Map<string, string>();
  readonly faults: string[] = [];
  inFlight = 0;
  readonly #busy = new Set<string>();
  readonly #ticks: () => number;

  constructor(ticksOf: () => number) {
    this.#ticks = ticksOf;
  }

  async answer(request: CloudRequest) {
    const { mailNickname } = (request.body ?? {}) as { mailNickname?: string };
    const object = /^\/(?:users|groups)\/([^/]+)/.exec(request.path)?.[1] ?? `u-${mailNickname ?? ''}`;
    const isWrite = request.method !== 'GET';
    if (isWrite && this.#busy.has(object)) this.faults.push(`two requests at once to ${object}`);
    if (isWrite) this.#busy.add(object);
    this.inFlight += 1;
    await ticks(this.#ticks());
    const given = this.#apply(request);
    await ticks(this.#ticks());
    this.inFlight -= 1;
    if (isWrite) this.#busy.delete(object);
    return given;
  }

  #apply(request: CloudRequest) {
    const body = (request.body ?? {}) as Record<string, unknown>;
    if (request.method === 'GET') {
      const path = decodeURIComponent(request.path);
      const value = [...this.made].flatMap(([anchor, id]) =>
        path.startsWith('/users') && path.includes(anchor) ? [{ id }] : [],
      );
      return { id: request.id, ok: true, status: 200, body: { value }, requestId: null } as const;
    }
    const given = answer(request);
    if (request.path === '/users') {
      const id = `u-${String(body['mailNickname'])}`;
      if ([...this.made.values()].includes(id)) this.faults.push(`${id} was made twice`);
      this.made.set(String(body['onPremisesImmutableId']), id);
      this.#title(id, body);
    }
    const [, kind, id = '', member] =
      /^\/(users|groups)\/([^/]+)(?:\/members\/([^/]+)\/\$ref)?/.exec(request.path) ?? [];
    if (kind === 'users') this.#title(id, body);
    if (kind === 'groups') {
      const added = [body['@odata.id'], ...((body['members@odata.bind'] as unknown[] | undefined) ?? [])];
      for (const one of added) if (typeof one === 'string') this.members.add(one.split('/').at(-1) ?? '');
      if (request.method === 'DELETE' && member !== undefined) this.members.delete(member);
    }
    return given;
  }

  #title(id: string, body: Record<string, unknown>): void {
    if (!('jobTitle' in body)) return;
    const all = this.titles.get(id) ?? [];
    this.titles.set(id, all);
    // The same value once more has no effect.
    if (all.at(-1) !== body['jobTitle']) all.push(String(body['jobTitle']));
  }
}

async function play(events: readonly Event[], pauses: readonly number[]): Promise<void> {
  const world = new World();
  let drawn = 0;
  const cloud = new SmallCloud(() => pauses[(drawn += 1) % pauses.length] ?? 0);
  world.intercept = (request) => cloud.answer(request);
  world.tables.before = () => ticks((pauses[(drawn += 1) % pauses.length] ?? 0) % 4);
  const processes = [processOn(world), processOn(world)];
  const wanted = { titles: new Map<string, string>(), members: new Set<string>() };
  const running = new Set<Promise<void>>();
  const known: string[] = [];
  const start = (task: Promise<unknown>): void => {
    const ended = task.then(
      () => undefined,
      (error: unknown) => {
        // The message goes back and comes again: whatever it left is there.
        if (!(error instanceof Killed) && (error as { code?: string }).code !== 'STATE_CONFLICT') throw error;
      },
    );
    running.add(ended);
    ended.then(
      () => running.delete(ended),
      () => undefined,
    );
  };
  const fold = async (objects: readonly ObjectChange[], lane: 'live' | 'bulk' = 'live'): Promise<void> => {
    const version = world.version();
    await foldChangeSet(
      world.pipeline,
      world.envelope(partition),
      world.changeSet(objects, { lane, version }),
    );
  };
  await fold([...people.map((key) => user(key, nameOf(key))), group(crew, 'crew')]);
  let titles = 0;
  for (const one of events) {
    const work = (await world.work(partition))?.work ?? null;
    if (work !== null && known.at(-1) !== work) known.push(work);
    const key = 'who' in one ? (people[one.who] ?? '') : '';
    const by = 'process' in one ? processes[one.process] : undefined;
    switch (one.kind) {
      case 'title':
        titles += 1;
        wanted.titles.set(key, `t${titles}`);
        await fold([{ key, attributes: { title: [`t${titles}`] } }], one.lane);
        break;
      case 'join':
        wanted.members.add(key);
        await fold([memberChange(crew, [key])], one.lane);
        break;
      case 'leave':
        wanted.members.delete(key);
        await fold([memberChange(crew, [], [key])], one.lane);
        break;
      case 'turn':
        if (work !== null && by !== undefined) start(runSlice(by.pipeline, place, work));
        break;
      case 'again': {
        const old = known.at(-2) ?? work;
        if (old !== null && by !== undefined) start(runSlice(by.pipeline, place, old));
        break;
      }
      case 'sweep':
        if (by !== undefined) start(sweepPartition(by.pipeline, place, 1));
        break;
      case 'kill':
        by?.kill();
        processes[one.process] = processOn(world);
        break;
      case 'pause':
        // A request that is under way ends before its attempt does.
        while (cloud.inFlight > 0) await ticks(1);
        world.now += one.ms;
        break;
      case 'ticks':
        await ticks(one.count);
        break;
    }
  }
  await Promise.all(running);
  world.now += 150_000;
  await quietly(world, [partition]);
  expect(cloud.faults).toEqual([]);
  for (const [key, title] of wanted.titles) {
    const written = cloud.titles.get(`u-${nameOf(key)}`) ?? [];
    const numbers = written.map((text) => Number(text.slice(1)));
    expect(numbers, 'no older value over a newer one').toEqual(numbers.toSorted((a, b) => a - b));
    expect(written.at(-1)).toBe(title);
  }
  expect([...cloud.members].sort()).toEqual([...wanted.members].map((key) => `u-${nameOf(key)}`).sort());
  for (const key of people) {
    expect(await world.object(key)).toMatchObject({
      attempt: null,
      index: null,
      isDirty: false,
      link: { cloudId: `u-${nameOf(key)}` },
    });
    const applied = (await world.object(key))?.link?.applied['jobTitle'];
    expect(applied ?? undefined).toBe(wanted.titles.get(key));
    const member = await world.member(crew, key);
    expect(member?.applied ?? null).toBe(wanted.members.has(key) ? `u-${nameOf(key)}` : null);
    expect(member?.pending ?? null).toBeNull();
  }
}

test('turns of one partition that run into each other, die and stand still: each value once, in its order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 10, maxLength: 60 }),
      fc.array(fc.nat(12), { minLength: 5, maxLength: 40 }),
      play,
    ),
    // Of a failure, the smallest case that was found within the time is told.
    { numRuns: 60, interruptAfterTimeLimit: 90_000 },
  );
}, 120_000);
