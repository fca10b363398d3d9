import { expect, test } from 'vitest';
import { takeConfigured } from '../../../functions/pipeline/agent-reports.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { loadWork } from '../../../functions/pipeline/work.ts';
import { writeObject } from '../../../functions/pipeline/object-rows.ts';
import { walkStep } from '../../../functions/pipeline/walk-revision.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { revisionRowKey, rulesPartition } from '../../../shared/state/rule-rows.ts';
import { PublishedWorld } from './published-world.ts';
import { connector, keyIn, rulesText, user } from './world.ts';

const ada = keyIn('p07', 0);
const bob = keyIn('p07', 1);
const unit = { dn: 'OU=Staff,DC=corp,DC=example', key: 'f'.repeat(32) };
const text = rulesText.replace('BUDGET', '50');
const titled = (expression: string): string =>
  text.replace("jobTitle: '[title]'", `jobTitle: '${expression}'`);
const scoped = text.replace(
  "scope: { exclude: none, where: ['IsNullOrEmpty([info])'] }",
  `scope: { exclude: none, under: [{ dn: '${unit.dn}' }] }`,
);

async function published(rules = text): Promise<PublishedWorld> {
  const world = new PublishedWorld();
  await world.publish(rules);
  await world.walk();
  const attributes = { ...user(ada, 'ada').attributes, title: ['Engineer'] };
  const place = { dn: `CN=ada,${unit.dn}`, ancestors: [unit.key] };
  await world.fold([user(ada, 'ada', { attributes, ...place }), user(bob, 'bob')]);
  await world.turns('p07', world.app);
  return world;
}

test('a revision that makes the same of an object does not touch its row, and asks Graph for nothing', async () => {
  const world = await published();
  const before = await world.etag(ada);
  await world.publish(titled('Coalesce([title])').replace('max: 50', 'max: 49'));
  await world.walk();
  expect(await world.etag(ada)).toBe(before);
  expect(world.requests).toEqual([]);
  expect((await world.object(ada))?.revision).toBe(1);
});

test('one that makes something else of it is written, also where revisions in between made the same', async () => {
  const world = await published();
  await world.publish(titled('Coalesce([title])'));
  await world.walk();
  await world.publish(titled('ToUpper([title],)'));
  await world.walk();
  expect(world.patches()).toEqual([{ jobTitle: 'ENGINEER' }]);
  expect((await world.object(ada))?.revision).toBe(3);
  expect((await world.object(bob))?.revision).toBe(1);
});

test('a sync that did not change is not evaluated anew', async () => {
  const world = await published(text);
  let evaluated = 0;
  const { rules } = world.app;
  const watched: Pipeline = {
    ...world.app,
    rules: {
      ...rules,
      async inForce(atLeast) {
        const inForce = await rules.inForce(atLeast);
        for (const { flows } of inForce?.rules.syncs ?? [])
          for (const flow of flows) {
            if (flow.kind !== 'value') continue;
            const { evaluate } = flow.expression;
            Object.assign(flow.expression, {
              evaluate(input: Parameters<typeof evaluate>[0]) {
                evaluated += 1;
                return evaluate(input);
              },
            });
          }
        return inForce;
      },
    },
  };
  await world.publish(
    text.replace(
      "displayName: '[displayName]'\n      mailNickname: { value",
      "displayName: 'ToUpper([displayName],)'\n      mailNickname: { value",
    ),
  );
  evaluated = 0;
  await world.turns('p07', watched);
  expect(evaluated).toBe(0);
  await world.publish(titled('Coalesce([title])'));
  await world.turns('p07', watched);
  expect(evaluated).toBeGreaterThan(0);
});

test('what a budget holds is looked at again when the budget is another', async () => {
  const world = await published(text.replace('max: 50', 'max: 0'));
  await world.fold([{ key: ada, attributes: { userAccountControl: ['514'] } }]);
  await world.turns('p07', world.app);
  expect((await world.object(ada))?.parked).toBe('held');
  await world.publish(text);
  await world.walk();
  expect(world.patches()).toEqual([{ accountEnabled: false }]);
});

test('a lifecycle that is another one touches everybody of the sync', async () => {
  const world = await published();
  await world.publish(text.replace('deleteAfter: P30D', 'deleteAfter: P10D'));
  await world.walk();
  expect((await world.object(ada))?.revision).toBe(2);
  expect(world.requests).toEqual([]);
});

test('an attribute that was never read is asked for, of those in scope', async () => {
  const world = await published();
  const asked = titled('[title]').replace(
    "jobTitle: '[title]'",
    "jobTitle: '[title]'\n      department: '[department]'",
  );
  await world.publish(asked);
  await world.walk();
  expect((await world.object(ada))?.parked).toBe('unknown-attributes');
});

test('before the agent has said which container is meant nobody is touched, and afterwards everybody is judged', async () => {
  const world = await published();
  const before = [await world.etag(ada), await world.etag(bob)];
  await world.publish(scoped);
  await world.walk();
  expect([await world.etag(ada), await world.etag(bob)]).toEqual(before);
  await takeConfigured(world.app, world.envelope('p00'), { revision: 2, containers: [unit] });
  await world.walk();
  expect(await world.etag(ada)).toBe(before[0]);
  // Bob lies elsewhere.
  expect(world.requests.filter(({ method }) => method === 'PATCH').map(({ path }) => path)).toEqual([
    '/users/u-bob',
  ]);
});

test('a container that the agent did not find keeps everybody as he is, and says so', async () => {
  const world = await published();
  await world.publish(scoped);
  await takeConfigured(world.app, world.envelope('p00'), {
    revision: 2,
    containers: [{ ...unit, key: null }],
  });
  await world.walk();
  expect((await world.object(ada))?.parked).toBe('unresolved-scope');
  expect(world.requests).toEqual([]);
});

test('where the earlier revision is not to be had any more, everybody is looked at', async () => {
  const world = await published();
  await world.tables.transact('Rules', rulesPartition, [{ kind: 'delete', rowKey: revisionRowKey(1) }]);
  await world.publish(titled('Coalesce([title])'));
  await world.walk();
  expect((await world.object(ada))?.revision).toBe(2);
  expect(world.requests).toEqual([]);
});

/** keyIn counts from the beginning for each. */
function keysIn(partition: string, count: number): string[] {
  const keys: string[] = [];
  for (let i = 100_000; keys.length < count; i += 1) {
    const key = i.toString(16).padStart(32, '0');
    if (partitionOf(connector, key) === partition) keys.push(key);
  }
  return keys;
}

test('a walk over more than it looks at in one step leaves nobody out', async () => {
  const world = await published();
  const model = await world.object(ada);
  if (model?.link == null) throw new Error('she is not linked');
  const link = { ...model.link, anchor: '' };
  const people = keysIn('p07', 1_100);
  const place = { connector, partition: 'p07' };
  for (let at = 0; at < people.length; at += 100)
    await world.tables.transact(
      'Objects',
      'corp|p07',
      people
        .slice(at, at + 100)
        .map((key) => writeObject({ ...model, link, staged: { ...model.staged, key }, index: null }, null)),
    );
  await world.publish(
    text.replace(
      "displayName: '[displayName]'\n      jobTitle",
      'displayName: \'Append([displayName], "!")\'\n      jobTitle',
    ),
  );
  for (;;) {
    const work = await loadWork(world.pipeline, place);
    if (work === null || !(await walkStep(world.app, place, work, await world.app.rules.inForce(0)))) break;
  }
  const marked = await Promise.all([ada, bob, ...people].map((key) => world.object(key)));
  expect(marked.every((record) => record?.index != null)).toBe(true);
});
