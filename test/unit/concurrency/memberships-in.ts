import type { World } from '../pipeline-review/world.ts';

/** What the requests, in their order, have made of memberships; by source keys. A member that is added twice is a fault. */
export async function membershipsIn(
  world: World,
  groups: readonly string[],
  everyone: readonly string[],
): Promise<{ group: string; member: string }[]> {
  const keyOf = new Map<string, string>();
  for (const key of everyone) {
    const link = (await world.object(key))?.link;
    if (link !== undefined && link !== null) keyOf.set(link.cloudId, key);
  }
  const found = new Map<string, { group: string; member: string }>();
  const change = (groupId: string, memberId: string, isPresent: boolean) => {
    const [group, member] = [keyOf.get(groupId), keyOf.get(memberId)];
    if (group === undefined || member === undefined || !groups.includes(group))
      throw new Error(`a membership of strangers: ${groupId} ${memberId}`);
    const name = `${group}|${member}`;
    if (isPresent === found.has(name)) throw new Error(`${name} is ${isPresent ? 'added' : 'removed'} twice`);
    if (isPresent) found.set(name, { group, member });
    else found.delete(name);
  };
  for (const { method, path, body } of world.requests) {
    const [, groupId = '', memberId = ''] =
      /^\/groups\/([^/]+)(?:\/members\/([^/]+)\/\$ref)?/.exec(path) ?? [];
    const content = (body ?? {}) as Record<string, unknown>;
    const bound = content['members@odata.bind'] as string[] | undefined;
    const single = content['@odata.id'] as string | undefined;
    for (const target of [...(bound ?? []), ...(single === undefined ? [] : [single])])
      change(groupId, target.split('/').at(-1) ?? '', true);
    if (method === 'DELETE' && memberId !== '') change(groupId, memberId, false);
  }
  return [...found.values()];
}
