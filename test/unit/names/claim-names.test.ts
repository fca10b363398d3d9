import { describe, expect, test } from 'vitest';
import { keyIn, Killed } from '../pipeline-review/world.ts';
import { deletesAtOnce, NamesWorld } from './names-world.ts';

const [ada, bob, cyd, dan] = [keyIn('p01', 0), keyIn('p01', 1), keyIn('p02', 0), keyIn('p03', 0)];
const upn = (name: string): string => `${name}@corp.example`;

async function worldOf(people: Readonly<Record<string, string>>, rules?: (text: string) => string) {
  const names = new NamesWorld(rules);
  for (const [name, key] of Object.entries(people)) await names.create(key, name);
  await names.drive(10_000);
  names.world.requests.length = 0;
  return names;
}

describe('users who take each other’s names', () => {
  test.each([
    ['of one partition', ada, bob],
    ['of different partitions', ada, cyd],
    ['of different partitions, the other way round', cyd, ada],
  ])(
    '%s have them within seconds: one of the two has a temporary name meanwhile',
    async (_name, one, two) => {
      const names = await worldOf({ x: one, y: two });
      await names.rename(one, 'y', 'userPrincipalName');
      await names.rename(two, 'x', 'userPrincipalName');
      await names.drive(10_000);
      expect(await names.nameOf(one)).toBe(upn('y'));
      expect(await names.nameOf(two)).toBe(upn('x'));
      expect(names.refusals).toBe(0);
      const given = names
        .namings()
        .map(({ body }) => (body as { userPrincipalName: string }).userPrincipalName);
      expect(given).toHaveLength(3);
      expect(given[0]).toMatch(/^[xy]\.[0-9a-f]{10}@corp\.example$/);
      const reasons = (await names.world.journal()).flatMap(({ data }) =>
        (data as { operation: { reasons: { rule: string }[] } }).operation.reasons.map(({ rule }) => rule),
      );
      expect(reasons).toContain('users.userPrincipalName.temporary');
      expect(await names.quarantined(one)).toBeUndefined();
      expect((await names.world.object(one))?.waitsSince).toBeUndefined();
      expect((await names.world.object(one))?.index).toBeNull();
    },
  );

  test('principal name and nickname at once: three writes', async () => {
    const names = await worldOf({ x: ada, y: cyd });
    await names.rename(ada, 'y');
    await names.rename(cyd, 'x');
    await names.drive(10_000);
    for (const property of ['userPrincipalName', 'mailNickname'] as const) {
      expect(String(await names.nameOf(ada, property))).toMatch(/^y(@|$)/);
      expect(String(await names.nameOf(cyd, property))).toMatch(/^x(@|$)/);
    }
    expect(names.namings()).toHaveLength(3);
  });

  test('the second of whom comes a minute later: the first is told by whom its name is held, and does not wait on', async () => {
    const names = await worldOf({ x: ada, y: cyd });
    await names.rename(ada, 'y', 'userPrincipalName');
    await names.drive(50_000);
    expect(await names.quarantined(ada)).toMatchObject({ code: 'GRAPH_CONFLICT' });
    expect((await names.quarantined(ada))?.message).toContain(`held by source object ${cyd}`);
    await names.rename(cyd, 'x', 'userPrincipalName');
    await names.drive(5_000);
    expect([await names.nameOf(ada), await names.nameOf(cyd)]).toEqual([upn('y'), upn('x')]);
    expect(await names.quarantined(ada)).toBeUndefined();
  });

  test('three in a ring: one temporary name', async () => {
    const names = await worldOf({ x: ada, y: cyd, z: dan });
    await names.rename(ada, 'y', 'userPrincipalName');
    await names.rename(cyd, 'z', 'userPrincipalName');
    await names.rename(dan, 'x', 'userPrincipalName');
    await names.drive(15_000);
    expect(await names.nameOf(ada)).toBe(upn('y'));
    expect(await names.nameOf(cyd)).toBe(upn('z'));
    expect(await names.nameOf(dan)).toBe(upn('x'));
    expect(names.namings()).toHaveLength(4);
    expect(names.refusals).toBe(0);
  });

  test('more of them than are followed at first: in the end all have them', async () => {
    const keys = Array.from({ length: 18 }, (_, index) => keyIn(`p1${index % 3}`, index));
    const names = await worldOf(Object.fromEntries(keys.map((key, index) => [`n${index}`, key])));
    const wanted = keys.map((_, index) => `n${(index + 1) % keys.length}`);
    for (const [index, key] of keys.entries())
      await names.rename(key, wanted[index] ?? '', 'userPrincipalName');
    await names.drive(180_000);
    expect(await Promise.all(keys.map((key) => names.nameOf(key)))).toEqual(wanted.map(upn));
    for (const key of keys) expect(await names.quarantined(key)).toBeUndefined();
  });

  test('other values do not wait for a name', async () => {
    const names = await worldOf({ x: ada, y: cyd });
    await names.fold({ key: ada, attributes: { userPrincipalName: [upn('y')], title: ['Engineer'] } });
    await names.drive(1_000);
    expect(names.world.requests).toMatchObject([{ method: 'PATCH', body: { jobTitle: 'Engineer' } }]);
    expect(names.namings()).toEqual([]);
  });
});

describe('a chain of renames in the wrong order', () => {
  test('is written from its free end, without a refusal', async () => {
    const names = await worldOf({ w: ada, x: bob, y: cyd, z: dan });
    await names.rename(ada, 'x', 'userPrincipalName');
    await names.rename(bob, 'y', 'userPrincipalName');
    await names.rename(cyd, 'z', 'userPrincipalName');
    await names.rename(dan, 'free', 'userPrincipalName');
    await names.drive(10_000);
    const all = await Promise.all([ada, bob, cyd, dan].map((key) => names.nameOf(key)));
    expect(all).toEqual(['x', 'y', 'z', 'free'].map(upn));
    expect(names.refusals).toBe(0);
    expect(names.namings()).toHaveLength(4);
  });

  test('a name that differs only in its case is one’s own, and is held for others', async () => {
    const names = await worldOf({ x: ada });
    await names.rename(ada, 'X', 'userPrincipalName');
    await names.drive(1_000);
    expect(await names.nameOf(ada)).toBe(upn('X'));
    await names.create(cyd, 'x');
    await names.drive(5_000);
    expect((await names.quarantined(cyd))?.message).toContain(`held by source object ${ada}`);
  });
});

describe('a user made again under a new GUID', () => {
  test.each([
    ['after the old one’s deletion has come', true],
    ['before the old one’s deletion has come', false],
  ])('%s has the name as soon as it is free', async (_name, isDeletedFirst) => {
    const names = await worldOf({ x: ada, y: bob }, deletesAtOnce);
    if (isDeletedFirst) await names.tombstone(ada);
    await names.create(cyd, 'x');
    await names.drive(isDeletedFirst ? 5_000 : 1_000);
    if (!isDeletedFirst) await names.tombstone(ada);
    await names.drive(5_000);
    expect(await names.nameOf(cyd)).toBe(upn('x'));
    expect(names.refusals).toBe(0);
    expect(await names.quarantined(cyd)).toBeUndefined();
  });

  test('waits for a leaver in its time of grace where a person sees it, and gets the name when it ends', async () => {
    const names = await worldOf({ x: ada, y: bob });
    await names.tombstone(ada);
    await names.create(cyd, 'x');
    await names.drive(50_000);
    const entry = await names.quarantined(cyd);
    expect(entry?.code).toBe('GRAPH_CONFLICT');
    expect(entry?.message).toContain(
      `held by source object ${ada} of corp, which has left and keeps its cloud user until 20`,
    );
    // Not asked again and again: the first pause of the quarantine is a minute.
    expect(names.refusals).toBe(1);
    await names.drive(30 * 24 * 3_600_000);
    expect(await names.nameOf(cyd)).toBe(upn('x'));
    expect(await names.quarantined(cyd)).toBeUndefined();
  });

  test('does not take a name that the old one’s creation may be writing at this moment', async () => {
    const names = new NamesWorld();
    const { world } = names;
    const answer = world.intercept;
    await names.create(ada, 'x');
    await names.create(cyd, 'x');
    let isSlow = true;
    world.intercept = async (request) => {
      if (request.method !== 'POST' || !isSlow) return answer(request);
      isSlow = false;
      world.now += 15_000;
      await world.turns('p02', undefined, 1);
      return answer(request);
    };
    await names.drive(0, { order: () => ['p01'] });
    expect(await names.nameOf(ada)).toBe(upn('x'));
    expect(names.refusals).toBe(0);
    await names.drive(70_000);
    expect((await names.quarantined(cyd))?.message).toContain(
      `held by source object ${ada} of corp, which keeps it`,
    );
  });

  describe('while an account whose creation was not recorded has it', () => {
    /** Ada's account was made, and the process died; then she was deleted and Cyd made with her name. */
    async function afterDeath(rules?: (text: string) => string): Promise<NamesWorld> {
      const names = new NamesWorld(rules);
      const { world } = names;
      await names.create(ada, 'x');
      const answer = world.intercept;
      world.intercept = async (request) => {
        await answer(request);
        if (request.method === 'POST') throw new Killed();
        return null;
      };
      await expect(names.drive(1_000)).rejects.toThrow(Killed);
      world.intercept = answer;
      await names.tombstone(ada);
      await names.create(cyd, 'x');
      return names;
    }

    test('waits until that is found and gone', async () => {
      const names = await afterDeath(deletesAtOnce);
      // An attempt blocks its object for 40 s; who waits for a name asks Graph after a minute, woken or not.
      await names.drive(50_000);
      expect(await names.nameOf(cyd)).toBe(upn('x'));
      expect([...names.users.values()].map(({ isDeleted }) => isDeleted)).toEqual([true, false]);
      expect(names.refusals).toBe(0);
    });

    test('is told of the leaver that it is now', async () => {
      const names = await afterDeath();
      await names.drive(100_000);
      expect((await names.quarantined(cyd))?.message).toContain(
        `held by source object ${ada} of corp, which has left and keeps its cloud user until`,
      );
    });
  });

  test('takes a name that somebody has freed by hand in the cloud', async () => {
    const names = await worldOf({ x: ada, y: bob });
    await names.tombstone(ada);
    await names.create(cyd, 'x');
    await names.drive(30_000);
    for (const one of names.users.values()) if (one.values['mailNickname'] === 'x') one.isDeleted = true;
    await names.drive(60_000);
    expect(await names.nameOf(cyd)).toBe(upn('x'));
  });
});

describe('costs', () => {
  test('a creation and a rename cost one transaction of Keys and one to be found by, another change none', async () => {
    const names = await worldOf({ x: ada });
    const calls: string[] = [];
    names.world.tables.before = ({ table, kind }) => void calls.push(`${table} ${kind}`);
    const ofNames = async (act: () => Promise<void>) => {
      calls.length = 0;
      await act();
      await names.drive(5_000);
      return calls.filter((call) => call.startsWith('Keys'));
    };
    // The rows `dirbridge explain` finds an object by, the claim on the names, and that on the cloud object.
    const [found, claimed, linked] = ['Keys transact', 'Keys transact', 'Keys transact'];
    expect(await ofNames(() => names.create(cyd, 'new'))).toEqual([found, claimed, linked]);
    expect(await ofNames(() => names.rename(ada, 'newer'))).toEqual([found, claimed]);
    expect(await ofNames(() => names.fold({ key: ada, attributes: { title: ['Boss'] } }))).toEqual([]);
  });
});
