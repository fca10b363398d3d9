import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, startCloud, type Cloud } from './support/cloud.ts';
import { defaultRules, groupRead, keyOf, Relay, userRead } from './support/relay.ts';

/** The cloud side as deployed (bundle, host, bus, tables, Graph), fed by signed messages as an agent sends them. */
let cloud: Cloud;
let relay: Relay;

beforeAll(async () => {
  cloud = await startCloud();
  relay = new Relay(cloud.bus);
  await relay.hello();
  const published = await cloud.operator('publish-rules', {
    files: [{ name: 'users-and-groups.yaml', text: defaultRules }],
  });
  expect(published).toMatchObject({ status: 202 });
  await eventually(
    'the agent key becomes known',
    async () =>
      (await cloud.operator('trust-agent', { connector: 'corp', keyId: relay.keyId, trust: true })).status ===
      202,
  );
}, 60_000);

afterAll(async () => cloud.stop());

interface CloudObject {
  readonly id: string;
  readonly [property: string]: unknown;
}
async function users(): Promise<CloudObject[]> {
  return (await cloud.graphObjects())['users'] as CloudObject[];
}
const userByUpn = async (upn: string) => (await users()).find((user) => user['userPrincipalName'] === upn);

describe('a change in the directory reaches Graph', () => {
  test('a new user is created with what the rules say, disabled where AD says so', async () => {
    await relay.changes([
      userRead('ada', { title: ['Countess'] }),
      userRead('off', { userAccountControl: ['514'] }),
    ]);
    const ada = await eventually('ada is created', () => userByUpn('ada@contoso.com'));
    expect(ada).toMatchObject({
      displayName: 'User ada',
      jobTitle: 'Countess',
      accountEnabled: true,
      mailNickname: 'ada',
    });
    const off = await eventually('off is created', () => userByUpn('off@contoso.com'));
    expect(off['accountEnabled']).toBe(false);
  });

  test('a group gets members that arrive before and after it', async () => {
    await relay.changes([groupRead('crew', ['ada', 'late'])]);
    await eventually(
      'the group has its first member',
      async () => JSON.stringify(await cloud.graphObjects()).includes('Group crew') || false,
    );
    await relay.changes([userRead('late')]);
    await eventually('both are members', async () => {
      const objects = await cloud.graphObjects();
      const group = (objects['groups'] as CloudObject[]).find((one) => one['displayName'] === 'Group crew');
      const ids = (await users())
        .filter((user) => ['ada@contoso.com', 'late@contoso.com'].includes(String(user['userPrincipalName'])))
        .map((user) => user.id);
      const members = (group?.['members'] ?? []) as string[];
      return ids.length === 2 && ids.every((id) => members.includes(id));
    });
  });

  test('a title change is one PATCH with one property', async () => {
    const before = (await cloud.graphLog()).at(-1)?.seq ?? 0;
    await relay.changes([{ key: keyOf('ada'), attributes: { title: ['Programmer'] } }]);
    await eventually(
      'the title changes',
      async () => (await userByUpn('ada@contoso.com'))?.['jobTitle'] === 'Programmer',
    );
    const writes = (await cloud.graphLog()).filter((entry) => entry.seq > before && entry.method !== 'GET');
    expect(writes.map((entry) => [entry.method, entry.bodyKeys])).toEqual([['PATCH', ['jobTitle']]]);
  });
});
