import { expect, test } from 'vitest';
import { carryOut } from '../../../agent/commands/carry-out.ts';
import { OlderTold } from '../../../agent/commands/older-told.ts';
import type { CommandTarget } from '../../../agent/commands/command-target.ts';
import type { AgentParts } from '../../../agent/agent-parts.ts';
import type { LeaseState } from '../../../agent/lease/lease-state.ts';
import type { Configure } from '../../../shared/contracts/agent-command.v1.ts';
import type { Envelope } from '../../../shared/contracts/envelope.v1.ts';

const needs = (revision: number, attributes = ['title']): Configure => ({
  revision,
  classes: ['user'],
  attributes,
  references: [],
  links: [],
  binary: [],
  primaryGroup: false,
  containers: [],
  skipCritical: true,
});

/** The leader's side of a command: its stored state, and what follows from changing it. */
function stage(known: Configure) {
  let now = Date.UTC(2026, 0, 1);
  let current = { configure: known, revision: known.revision, import: null } as unknown as LeaseState;
  const silent = (): void => undefined;
  const parts = {
    file: { connector: 'corp' },
    clock: { now: () => now },
    random: { id: (prefix: string) => `${prefix}1` },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  } as unknown as AgentParts;
  const term = {
    state: {
      get current() {
        return current;
      },
      update: (change: (state: LeaseState) => LeaseState) => {
        current = change(current);
        return Promise.resolve();
      },
    },
    olderTold: new OlderTold(),
    publisher: { send: () => Promise.resolve() },
    restartCapture: silent,
  } as unknown as CommandTarget;
  const tell = async (wanted: Configure, afterMs = 0): Promise<number | null> => {
    now += afterMs;
    const envelope = { kind: 'configure', connector: 'corp', id: 'c1', payload: JSON.stringify(wanted) };
    await carryOut(envelope as Envelope, parts, term, new AbortController().signal);
    return current.configure?.revision ?? null;
  };
  return { tell };
}

test('an older configuration that comes late changes nothing, even where it comes twice at once', async () => {
  const { tell } = stage(needs(4));
  expect(await tell(needs(3))).toBe(4);
  expect(await tell(needs(3), 30_000)).toBe(4);
  expect(await tell(needs(4), 1_000)).toBe(4);
  expect(await tell(needs(3), 119_000), 'the newer one was told in between').toBe(4);
});

test('an older configuration that the cloud insists on is taken: nobody published the newer one', async () => {
  const { tell } = stage(needs(999, ['unixUserPassword']));
  expect(await tell(needs(2))).toBe(999);
  expect(await tell(needs(2), 60_000)).toBe(999);
  expect(await tell(needs(2), 61_000)).toBe(2);
  expect(await tell(needs(3), 1_000)).toBe(3);
});
