import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { acceptRequest } from '../../../functions/operator/accept-request.ts';
import { takeHeartbeat, takeHello } from '../../../functions/pipeline/agent-reports.ts';
import type { Heartbeat, Hello } from '../../../shared/contracts/agent-report.v1.ts';
import { errorCodes } from '../../../shared/errors/error-codes.ts';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import { keyIdOf, sealEnvelope } from '../../../shared/model/envelope-seal.ts';
import { pendingKeysMax, type AgentKey } from '../../../shared/state/agent-rows.ts';
import { connector, World } from '../pipeline-review/world.ts';

const day = 24 * 3_600_000;
const operator = { id: 'someone' };

/** A hello of a key that nobody has seen. */
async function hello(world: World, agent = 'relay-9'): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const said: Hello = {
    software: 'test',
    publicKey: spki.toString('base64'),
    startedAt: new Date(world.now).toISOString(),
  };
  const {
    keyId: _keyId,
    signature: _signature,
    ...fields
  } = { ...world.envelope('p00'), kind: 'hello' as const, agent };
  const envelope = sealEnvelope(
    { ...fields, payload: JSON.stringify(said) },
    { privateKey, keyId: keyIdOf(spki) },
  );
  await takeHello(world.pipeline, envelope, said);
  return keyIdOf(spki);
}
async function keysIn(world: World): Promise<AgentKey[]> {
  const rows = await world.tables.range('Agents', connector, { from: 'k', to: 'l' });
  return rows.map((row) => row.data as AgentKey);
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof SyncError ? error.code : error),
  );

describe('keys that wait for a decision', () => {
  test('are noted up to a limit, and the refusal beyond it says what to do about that', async () => {
    const world = new World();
    for (let number = 0; number < pendingKeysMax; number += 1) await hello(world, `junk-${number}`);
    expect(await codeOf(hello(world))).toBe('AGENT_KEYS_FULL');
    expect(errorCodes.AGENT_KEYS_FULL).toMatchObject({
      disposition: 'reject',
      action: expect.stringContaining('dirbridge agents revoke --pending') as string,
    });
    expect(await keysIn(world)).toHaveLength(pendingKeysMax);
  });

  test('where all places are taken, one that nobody decided about for a week gives way', async () => {
    const world = new World();
    await hello(world, 'oldest');
    world.now += 1_000;
    for (let number = 1; number < pendingKeysMax; number += 1) await hello(world, `junk-${number}`);
    world.now += 7 * day - 2_000;
    expect(await codeOf(hello(world))).toBe('AGENT_KEYS_FULL');
    world.now += 1_500;
    await hello(world, 'newest');
    const names = (await keysIn(world)).map(({ agent }) => agent);
    expect(names).toHaveLength(pendingKeysMax);
    expect(names).toContain('newest');
    expect(names).not.toContain('oldest');
  });

  test('are forgotten together when an operator says so, and no key that was decided about is', async () => {
    const world = new World();
    const keyIds = [await hello(world, 'ours'), await hello(world), await hello(world)];
    const [trusted = '', ...junk] = keyIds;
    await acceptRequest(world.pipeline, 'trust-agent', { connector, keyId: trusted, trust: true }, operator);
    const { detail } = await acceptRequest(world.pipeline, 'forget-agents', { connector, keyIds }, operator);
    expect(detail['forgotten']).toEqual(junk.toSorted());
    expect((await keysIn(world)).map(({ keyId }) => keyId)).toEqual([trusted]);
  });
});

describe('an agent with a configuration that nobody published', () => {
  const beat = async (world: World, more: Partial<Heartbeat>): Promise<string[]> => {
    world.sent.length = 0;
    await takeHeartbeat(
      world.pipeline,
      { ...world.envelope('p00'), kind: 'heartbeat' },
      {
        state: 'leader',
        revision: 1,
        watermarks: [],
        import: null,
        captured: { objects: 0, messages: 0 },
        ...more,
      },
    );
    return world.sent.map(({ envelope }) => envelope.kind);
  };

  test('is told the published one with every heartbeat until it has it', async () => {
    const world = new World();
    const keyId = await hello(world, 'relay-1');
    await acceptRequest(world.pipeline, 'trust-agent', { connector, keyId, trust: true }, operator);
    expect(await beat(world, { revision: 1 })).toEqual([]);
    expect(await beat(world, { revision: 999 })).toEqual(['configure']);
    expect(JSON.parse(world.sent[0]?.envelope.payload ?? '')).toMatchObject({ revision: 1 });
    expect(await beat(world, { revision: 999, state: 'standby' })).toEqual([]);
    expect(await beat(world, { revision: null })).toEqual([]);
  });
});
