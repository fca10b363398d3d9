import { expect, test } from 'vitest';
import { keyIn, Killed } from '../pipeline-review/world.ts';
import { deletesAtOnce, NamesWorld } from './names-world.ts';

const [ada, cyd, dan] = [keyIn('p01', 0), keyIn('p02', 0), keyIn('p03', 0)];
const upn = (name: string): string => `${name}@corp.example`;

interface Journey {
  readonly name: string;
  readonly begin: () => Promise<NamesWorld>;
  readonly check: (names: NamesWorld) => Promise<void>;
}

async function worldOf(people: Readonly<Record<string, string>>, rules?: (text: string) => string) {
  const names = new NamesWorld(rules);
  for (const [name, key] of Object.entries(people)) await names.create(key, name);
  // Two minutes after they were made a 404 is not put down to replication lag any more.
  await names.drive(130_000);
  return names;
}

const journeys: readonly Journey[] = [
  {
    name: 'two who take each other’s names',
    async begin() {
      const names = await worldOf({ x: ada, y: cyd });
      await names.rename(ada, 'y');
      await names.rename(cyd, 'x');
      return names;
    },
    async check(names) {
      expect([await names.nameOf(ada), await names.nameOf(cyd)]).toEqual([upn('y'), upn('x')]);
    },
  },
  {
    name: 'one who is made anew under a new GUID, before the old one goes',
    async begin() {
      const names = await worldOf({ x: ada }, deletesAtOnce);
      await names.create(dan, 'x');
      await names.drive(500);
      await names.tombstone(ada);
      return names;
    },
    async check(names) {
      expect(await names.nameOf(dan)).toBe(upn('x'));
    },
  },
];

/** Dies at a write: from then on nothing of this process reaches tables or Graph. Returns whether it came that far. */
async function driveUntilKilled(
  names: NamesWorld,
  at: { write?: number; request?: number; isApplied?: boolean },
) {
  const { world } = names;
  const before = { world: world.intercept, requests: 0, writes: 0 };
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Killed();
  };
  world.tables.before = () => {
    if (isDead) throw new Killed();
  };
  world.tables.after = ({ kind }) => {
    if (kind === 'transact' && (before.writes += 1) === at.write) die();
  };
  world.intercept = async (request) => {
    if (isDead) throw new Killed();
    if (request.method === 'GET' || (before.requests += 1) !== at.request) return before.world(request);
    if (at.isApplied === true) await before.world(request);
    return die();
  };
  await names.drive(8_000).catch((error: unknown) => {
    if (!isDead) throw error;
  });
  world.tables.before = undefined;
  world.tables.after = undefined;
  world.intercept = before.world;
  return isDead;
}

async function endsRight(names: NamesWorld, { check }: Journey): Promise<void> {
  // An attempt blocks its object for 40 s. Who waits for a name asks Graph after a minute: here it is to be woken.
  await names.drive(48_000);
  await check(names);
  for (const key of [ada, cyd, dan]) {
    const record = await names.world.object(key);
    if (record === undefined) continue;
    expect(await names.quarantined(key)).toBeUndefined();
    expect(record.index).toBeNull();
    // One that was written off while it was unknown what it has stays marked: its cloud user is gone.
    expect(record.attempt === null || record.link?.state === 'deleted').toBe(true);
    expect(record.waitsSince).toBeUndefined();
  }
}

test.each(journeys)(
  '$name: dying after any write to the tables, it ends right',
  async (journey) => {
    let last = 0;
    for (let write = 1; ; write += 1) {
      const names = await journey.begin();
      if (!(await driveUntilKilled(names, { write }))) break;
      last = write;
      await endsRight(names, journey);
    }
    expect(last).toBeGreaterThan(15);
  },
  300_000,
);

test.each(journeys)(
  '$name: dying before or after any request took effect, it ends right',
  async (journey) => {
    let last = 0;
    for (let request = 1; ; request += 1) {
      const lost = await journey.begin();
      if (!(await driveUntilKilled(lost, { request, isApplied: false }))) break;
      last = request;
      await endsRight(lost, journey);
      const applied = await journey.begin();
      await driveUntilKilled(applied, { request, isApplied: true });
      await endsRight(applied, journey);
    }
    expect(last).toBeGreaterThan(1);
  },
  300_000,
);
