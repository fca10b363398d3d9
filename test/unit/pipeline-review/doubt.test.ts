import { describe, expect, test } from 'vitest';
import { carryOutRequest } from '../../../functions/operator/carry-out-request.ts';
import type { StoredRequest } from '../../../functions/operator/operator-request.ts';
import { foldImportEnd, foldListEnd } from '../../../functions/pipeline/fold-readings.ts';
import type { ChangeSet, ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import { connector, group, keyIn, memberChange, user, World, type WorldOptions } from './world.ts';

/** What was read from a domain controller that may lack what was told before destroys nothing until that is certain. */

const people = [0, 1, 2].map((number) => keyIn('p01', number));
const [ann = '', bob = '', cid = ''] = people;
const club = keyIn('p01', 3);
const inDoubt = { inDoubt: true } as const;

async function linked(options: WorldOptions = {}): Promise<World> {
  const world = new World(options);
  await world.fold(people.map((key, index) => named(key, { title: [`t${index}`] })));
  await world.fold([group(club, 'club', people)]);
  await world.turns('p01');
  world.now += 200_000;
  world.requests.length = 0;
  return world;
}

/** A whole reading of one of them. */
function named(key: string, attributes: ObjectChange['attributes'] = {}): ObjectChange {
  const plain = user(key, `n${people.indexOf(key)}`);
  return { ...plain, attributes: { ...plain.attributes, ...attributes } };
}

const tell = async (world: World, change: ObjectChange, over: Partial<ChangeSet> = {}): Promise<void> => {
  await world.fold([change], over);
  await world.turns('p01');
};

/** The whole list of the club, as it came with its entry. */
async function tellList(
  world: World,
  members: readonly string[],
  over: Partial<ChangeSet> = {},
): Promise<void> {
  const list = world.version();
  const whole = group(club, 'club');
  const links = { member: { added: [...members], removed: [], list } };
  await world.fold([members.length === 0 ? { ...whole, links: {} } : { ...whole, links }], {
    version: list,
    ...over,
  });
  const end = { ...world.envelope('p01'), kind: 'list-complete' as const };
  await foldListEnd(world.pipeline, end, {
    key: club,
    attribute: 'member',
    version: list,
    total: members.length,
    ...(over.inDoubt === true ? inDoubt : {}),
  });
  await world.turns('p01');
}

const removed = (key: string): ObjectChange => ({ key, deleted: true, attributes: {} });
const disabled = { userAccountControl: ['514'] };
const holdsOf = async (world: World): Promise<Hold[]> =>
  (await world.tables.range('Holds', connector, { from: '0', to: 'g', limit: 100 })).map(
    ({ data }) => data as Hold,
  );
const openHolds = async (world: World) =>
  (await holdsOf(world))
    .filter(({ status }) => status === 'held')
    .map(({ operation, cause }) => `${operation} ${cause}`)
    .sort();
const written = (world: World) => world.requests.splice(0).map(({ method, body }) => [method, body]);
const taken = (world: World): string[] =>
  world.requests.flatMap(({ method, path }) => (method === 'DELETE' ? [path.split('/').at(-2) ?? ''] : []));

async function approveAll(world: World): Promise<void> {
  const open = (await holdsOf(world)).filter(({ status }) => status === 'held');
  const data: StoredRequest = {
    kind: 'approve',
    by: 'op',
    at: world.now,
    holds: open.map(({ hash }) => hash),
  };
  await world.tables.transact('Requests', connector, [{ kind: 'upsert', rowKey: 'r1', content: { data } }]);
  await carryOutRequest(world.pipeline, { connector, partition: 'p01' }, 'r1');
  await world.turns('p01');
}

describe('what was read in doubt', () => {
  test.each<readonly [string, ObjectChange, string, readonly unknown[]]>([
    ['a tombstone', removed(ann), 'disable doubt', [['PATCH', { accountEnabled: false }]]],
    [
      'a disabled account',
      named(ann, { ...disabled, title: ['t0'] }),
      'disable doubt',
      [['PATCH', { accountEnabled: false }]],
    ],
    ['an emptied value', named(ann), 'update doubt', [['PATCH', { jobTitle: null }]]],
    [
      'another name',
      named(ann, { userPrincipalName: ['other@corp.example'], title: ['t0'] }),
      'update doubt',
      [['PATCH', { userPrincipalName: 'other@corp.example' }]],
    ],
    [
      'out of scope',
      named(ann, { info: ['x'], title: ['t0'] }),
      'disable doubt',
      [['PATCH', { accountEnabled: false }]],
    ],
  ])('%s is held, and goes its ordinary way once it is certain', async (_what, change, hold, requests) => {
    const world = await linked();
    await tell(world, change, inDoubt);
    expect(written(world)).toEqual([]);
    expect(await openHolds(world)).toEqual([hold]);
    const [row] = await holdsOf(world);
    expect(row?.message).toContain('may lack what was told before');
    // Told again in doubt it is held still, and looked at no more than once.
    await tell(world, change, inDoubt);
    expect([written(world), await openHolds(world)]).toEqual([[], [hold]]);
    await tell(world, change);
    expect(written(world)).toEqual(requests);
    expect(await openHolds(world)).toEqual([]);
    expect((await world.object(ann))?.holds).toEqual([]);
  });

  test('creates and updates at once, other values of the same object too', async () => {
    const world = await linked();
    const dan = keyIn('p01', 4);
    await world.fold([user(dan, 'dan')], inDoubt);
    await world.turns('p01');
    expect(written(world)).toMatchObject([['POST', { mailNickname: 'dan' }]]);
    await tell(world, { ...named(bob, { displayName: ['Bobby'] }) }, inDoubt);
    expect(written(world)).toEqual([['PATCH', { displayName: 'Bobby' }]]);
    expect(await openHolds(world)).toEqual(['update doubt']);
  });

  test('closes by itself when a certain reading says otherwise', async () => {
    const world = await linked();
    await tell(world, removed(ann), inDoubt);
    await tell(world, { key: bob, attributes: { ...disabled } }, inDoubt);
    expect(await openHolds(world)).toEqual(['disable doubt', 'disable doubt']);
    await tell(world, named(ann, { title: ['t0'] }));
    await tell(world, named(bob, { title: ['t1'] }));
    expect(written(world)).toEqual([]);
    expect((await holdsOf(world)).map(({ status }) => status)).toEqual(['overtaken', 'overtaken']);
  });

  test('does not give back an account that was disabled for certain', async () => {
    const world = await linked();
    await tell(world, named(ann, { ...disabled, title: ['t0'] }));
    expect(written(world)).toEqual([['PATCH', { accountEnabled: false }]]);
    await tell(world, named(ann, { title: ['Older'] }), inDoubt);
    expect(written(world)).toEqual([['PATCH', { jobTitle: 'Older' }]]);
    expect(await openHolds(world)).toEqual(['enable doubt']);
    await tell(world, named(ann, { title: ['Older'] }));
    expect(written(world)).toEqual([['PATCH', { accountEnabled: true }]]);
  });

  test('goes to its budget once it is certain, and is held by that where it exceeds', async () => {
    const world = await linked({ disableBudget: 1 });
    for (const key of people) await tell(world, removed(key), inDoubt);
    expect(await openHolds(world)).toEqual(['disable doubt', 'disable doubt', 'disable doubt']);
    for (const key of people) await tell(world, removed(key));
    expect(written(world)).toHaveLength(1);
    expect(await openHolds(world)).toEqual(['disable budget', 'disable budget']);
  });

  test('is carried out where a person approves it', async () => {
    const world = await linked();
    await tell(world, removed(ann), inDoubt);
    await approveAll(world);
    expect(written(world)).toEqual([['PATCH', { accountEnabled: false }]]);
  });

  test('a message of it that arrives late takes nothing back that is certain', async () => {
    const world = await linked();
    const early = world.version();
    await tell(world, named(ann, { ...disabled, title: ['t0'] }));
    await tell(world, named(ann, { title: ['t0'] }), { version: early, ...inDoubt });
    expect(written(world)).toEqual([['PATCH', { accountEnabled: false }]]);
    expect((await world.object(ann))?.staged.doubt).toBeUndefined();
  });

  test('who was told deleted is asked for at the end of an import, since that shows nobody who is deleted', async () => {
    const world = await linked();
    await tell(world, removed(ann), inDoubt);
    await world.fold([removed(bob)]);
    await world.fold([named(cid, { title: ['t2'] })], { lane: 'bulk', import: 'imp-1' });
    await world.fold([group(club, 'club')], { lane: 'bulk', import: 'imp-1' });
    const end = { ...world.envelope('p01'), kind: 'import-complete' as const, partition: null };
    await foldImportEnd(world.pipeline, end, {
      import: 'imp-1',
      namingContext: 'DC=corp,DC=example',
      startedAt: world.version(),
      counts: { p01: 2 },
    });
    await world.turns('p01');
    const probes = world.sent.filter(({ envelope }) => envelope.kind === 'probe');
    expect(probes.map(({ envelope }) => JSON.parse(envelope.payload) as unknown)).toEqual([{ keys: [ann] }]);
  });
});

describe('members that are missing in doubt', () => {
  test('are not taken out, until a certain word about each of them', async () => {
    const world = await linked();
    await tell(world, memberChange(club, [], [ann, bob]), inDoubt);
    expect(taken(world)).toEqual([]);
    expect((await holdsOf(world)).map(({ members, cause }) => [cause, members?.length])).toEqual([
      ['doubt', 2],
    ]);
    const { hash, heldAt } = (await holdsOf(world))[0] ?? {};
    // Looked at for something else, they wait in the same hold.
    await tell(world, { key: club, attributes: { displayName: ['Club'] } });
    expect(await holdsOf(world)).toMatchObject([{ hash, heldAt, status: 'held' }]);
    await tell(world, memberChange(club, [], [ann]));
    expect(taken(world)).toEqual(['u-n0']);
    expect((await holdsOf(world)).find(({ status }) => status === 'held')?.members).toEqual([bob]);
    await tell(world, memberChange(club, [bob]));
    expect(taken(world)).toEqual(['u-n0']);
    expect(await openHolds(world)).toEqual([]);
    expect(await world.member(club, bob)).toMatchObject({ applied: 'u-n1', pending: null });
  });

  test('stay while only doubtful lists do not show them, and go with the first certain one', async () => {
    const world = await linked();
    await tellList(world, [cid], inDoubt);
    await tellList(world, [cid], inDoubt);
    expect(taken(world)).toEqual([]);
    expect(await openHolds(world)).toEqual(['remove-member doubt']);
    // Certain about the group itself, but not about its list yet.
    await tell(world, { ...group(club, 'club'), links: {} });
    expect(taken(world)).toEqual([]);
    await tellList(world, [bob, cid]);
    expect(taken(world)).toEqual(['u-n0']);
    expect(await openHolds(world)).toEqual([]);
    expect(await world.member(club, bob)).toMatchObject({ applied: 'u-n1', pending: null });
  });

  test('an empty list that was read in doubt empties no group', async () => {
    const world = await linked();
    await tellList(world, [], inDoubt);
    expect(taken(world)).toEqual([]);
    await tellList(world, []);
    expect(taken(world).sort()).toEqual(['u-n0', 'u-n1', 'u-n2']);
  });

  test('go to their budget once it is certain', async () => {
    const world = await linked({
      rules: (text) =>
        text.replace(
          'removeMembers: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }',
          'removeMembers: { max: 1, percent: 100, per: P1D }',
        ),
    });
    await tell(world, memberChange(club, [], people), inDoubt);
    expect(taken(world)).toEqual([]);
    await tell(world, memberChange(club, [], people));
    expect(taken(world)).toHaveLength(1);
    expect(
      (await holdsOf(world)).flatMap((one) =>
        one.status === 'held' ? [[one.cause, one.members?.length]] : [],
      ),
    ).toEqual([['budget', 2]]);
  });

  test('who is disabled and told deleted in doubt is no less a member for that', async () => {
    const world = await linked();
    await tell(world, named(ann, { ...disabled, title: ['t0'] }));
    await tell(world, removed(ann), inDoubt);
    await tell(world, memberChange(club, [], [ann]), inDoubt);
    expect(taken(world)).toEqual([]);
    await tell(world, removed(ann));
    await tell(world, memberChange(club, [], [ann]));
    expect(taken(world)).toEqual(['u-n0']);
  });

  test('who was certainly removed already is taken out, whatever is read in doubt meanwhile', async () => {
    const world = await linked();
    await world.fold([memberChange(club, [], [ann])]);
    await tellList(world, [bob, cid], inDoubt);
    expect(taken(world)).toEqual(['u-n0']);
  });
});
