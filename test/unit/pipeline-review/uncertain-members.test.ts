import { beforeEach, describe, expect, test } from 'vitest';
import { memberRange } from '../../../shared/state/keys.ts';
import type { CloudRequest } from '../../../shared/ports/cloud-target.ts';
import { connector, group, Killed, keyIn, memberChange, refusal, user, World } from './world.ts';

const people = Array.from({ length: 230 }, (_, index) => keyIn('p01', index));
const staff = keyIn('p01', 999);

let world: World;
/** What the cloud's group holds, by what it answered to or took in silence. */
let inCloud: Set<string>;

beforeEach(async () => {
  world = new World();
  for (let at = 0; at < people.length; at += 30)
    await world.fold(people.slice(at, at + 30).map((key) => user(key, `n${key}`)));
  await world.fold([group(staff, 'staff')]);
  await world.turns('p01', world.pipeline, 60);
  world.now += 5_000;
  world.requests.length = 0;
  inCloud = new Set();
});

/** Takes a write of members; adding whom it has and taking out whom it has not is refused, as the service does. */
function take(request: CloudRequest) {
  const { method, path } = request;
  const removed = /\/members\/(u-[^/]+)\/\$ref$/.exec(path)?.[1];
  if (removed !== undefined)
    return inCloud.delete(removed)
      ? null
      : refusal(request, { status: 404, graphCode: 'Request_ResourceNotFound' });
  const body = JSON.stringify(request.body ?? {});
  const added = [...body.matchAll(/directoryObjects\/(u-[^"]+)/g)].flatMap(([, id]) => id ?? []);
  if (added.length === 0 || (method !== 'PATCH' && method !== 'POST')) return null;
  if (added.some((id) => inCloud.has(id)))
    return refusal(request, {
      code: 'GRAPH_CONFLICT',
      status: 400,
      message: "already exist for the following modified properties: 'members'",
      targets: ['members'],
      graphCode: 'Request_BadRequest',
    });
  for (const id of added) inCloud.add(id);
  return null;
}

const lost = (request: CloudRequest) =>
  refusal(request, { code: 'GRAPH_UNREACHABLE', status: null, message: 'no answer', isAmbiguous: true });

const isAboutMembers = ({ path, body }: CloudRequest): boolean =>
  path.includes('/members') || JSON.stringify(body ?? {}).includes('members@odata.bind');

/** Once, when the n-th write of members comes: it is taken, and nobody hears of it. */
function loseAnswer(nth: number): void {
  let count = 0;
  world.intercept = (request) => {
    const answer = take(request);
    if (!isAboutMembers(request) || ++count !== nth) return answer;
    return lost(request);
  };
}

async function untilQuiet(): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    world.now += 70_000;
    await world.turns('p01', world.pipeline, 60);
  }
}

async function appliedMembers(): Promise<readonly string[]> {
  const rows = await world.tables.range('Objects', `${connector}|p01`, {
    ...memberRange(staff),
    limit: 1_000,
  });
  return rows.flatMap(({ data }) => (data as { applied: string | null }).applied ?? []);
}

const idsOf = (keys: readonly string[]): readonly string[] => keys.map((key) => `u-n${key}`).sort();

describe('a group with more members to write than one turn looks at', () => {
  test.each([1, 3, 5])('is finished although the answer to its write number %i is lost', async (nth) => {
    loseAnswer(nth);
    await world.fold([memberChange(staff, people)]);
    await untilQuiet();
    expect([...inCloud].sort()).toEqual(idsOf(people));
    expect([...(await appliedMembers())].sort()).toEqual(idsOf(people));
    expect((await world.object(staff))?.attempt).toBe(null);
    // Twelve writes of twenty; the lost one is repeated, refused as a whole, and halved down to what is there already.
    expect(world.requests.filter(isAboutMembers).length).toBeLessThan(12 + 2 * 20 + 5);
  });

  test('is finished although the process died in the middle of its writes', async () => {
    let count = 0;
    world.intercept = (request) => {
      const answer = take(request);
      if (isAboutMembers(request) && ++count === 2) throw new Killed();
      return answer;
    };
    await world.fold([memberChange(staff, people)]);
    await expect(world.turns('p01')).rejects.toThrow(Killed);
    world.intercept = take;
    await untilQuiet();
    expect([...inCloud].sort()).toEqual(idsOf(people));
    expect((await world.object(staff))?.attempt).toBe(null);
  });

  test('loses all it has to lose although an answer was lost, and each of them once', async () => {
    world.intercept = take;
    await world.fold([memberChange(staff, people)]);
    await untilQuiet();
    world.requests.length = 0;
    loseAnswer(7);
    await world.fold([memberChange(staff, [], people.slice(0, 150))]);
    await untilQuiet();
    expect([...inCloud].sort()).toEqual(idsOf(people.slice(150)));
    expect(world.requests.filter(({ method }) => method === 'DELETE').length).toBeLessThan(150 + 110);
  });

  test('what turned back while its writing was uncertain is set right, and nothing is written twice for ever', async () => {
    loseAnswer(2);
    await world.fold([memberChange(staff, people)]);
    await world.turns('p01', world.pipeline, 1);
    await world.fold([memberChange(staff, [], people.slice(0, 60))]);
    await untilQuiet();
    expect([...inCloud].sort()).toEqual(idsOf(people.slice(60)));
    const before = world.requests.length;
    await untilQuiet();
    expect(world.requests.length).toBe(before);
  });
});
