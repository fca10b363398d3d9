import { describe, expect, test } from 'vitest';
import { agentsText } from '../../../cli/commands/agents-list.ts';
import { noKey } from '../../../cli/commands/agents-trust.ts';
import { agentName } from '../../../cli/text/agent-name.ts';
import { pendingKeysMax } from '../../../shared/state/agent-rows.ts';
import { chooseKey } from '../../../cli/commands/choose-key.ts';
import { holdsText, type LabelledHold } from '../../../cli/commands/holds-list.ts';
import { journalText } from '../../../cli/commands/journal-text.ts';
import { quarantineText } from '../../../cli/commands/quarantine-list.ts';
import type { LabelledEntry } from '../../../cli/state/read-journal.ts';
import { describeObject, labelText } from '../../../cli/state/describe-object.ts';
import type { KnownKey } from '../../../cli/state/read-agents.ts';
import { plain } from '../../../cli/text/paint.ts';
import { newRecord } from '../../../shared/state/object-record.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const hour = 3_600_000;
const ada = { displayName: 'Ada Byron', account: 'ada@contoso.com', dn: 'CN=ada' };

const hold: LabelledHold = {
  hash: '0f3c9a7be2d14c55a860',
  key: '00ff00ff',
  partition: 'p00',
  operation: 'delete',
  sync: 'users',
  cause: 'budget',
  message: '2 of 2 spent',
  heldAt: now - 2 * hour,
  status: 'held',
  decidedAt: null,
  decidedBy: null,
  spentBy: null,
  connector: 'corp',
  object: ada,
};

describe('holds', () => {
  test('hash, operation, object, cause, age and reason in one line', () => {
    expect(holdsText([hold], 1, now, plain).split('\n')).toEqual([
      'HASH                  STATUS  OPERATION  OBJECT                       CAUSE   HELD     WHY',
      '0f3c9a7be2d14c55a860  held    delete     Ada Byron <ada@contoso.com>  budget  2 h ago  2 of 2 spent',
    ]);
  });

  test('what is not shown is counted', () => {
    expect(holdsText([hold], 1_201, now, plain)).toContain('… and 1,200 more; see --limit');
    expect(holdsText([], 0, now, plain)).toBe('nothing is held');
  });

  test('an approval that ran out unused waits for a person again', () => {
    const approved = { ...hold, status: 'approved', decidedAt: now - 8 * 24 * hour } as const;
    expect(holdsText([approved], 1, now, plain)).toMatch(
      /860 {2}held .*2 of 2 spent; an approval ran out unused$/,
    );
    const fresh = { ...approved, decidedAt: now - 6 * 24 * hour };
    expect(holdsText([fresh], 1, now, plain)).toMatch(/860 {2}approved /);
  });
});

describe('names of objects', () => {
  const staged = (attributes: Record<string, string>) =>
    newRecord({
      key: '00ff',
      class: null,
      life: null,
      floor: null,
      base: null,
      openBases: [],
      dn: { version: { epoch: 1, n: 1 }, text: 'CN=ada,DC=corp' },
      ancestors: null,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [
          name,
          { version: { epoch: 1, n: 1 }, values: [value] },
        ]),
      ),
      lists: {},
      oversized: {},
      seenIn: null,
      vanished: null,
    });

  test('what stands in the cloud comes before what was read last', () => {
    const record = staged({ displayname: 'New Name', userprincipalname: 'new@contoso.com' });
    expect(describeObject(record)).toEqual({
      displayName: 'New Name',
      account: 'new@contoso.com',
      dn: 'CN=ada,DC=corp',
    });
    const linked = {
      ...record,
      link: {
        sync: 'users',
        cloudId: 'c1',
        cloudClass: 'user',
        anchor: 'a',
        linkedAt: 0,
        applied: { displayName: 'Ada Byron', userPrincipalName: 'ada@contoso.com' },
        appliedReferences: {},
        state: 'live',
        leaving: null,
        deletedAt: null,
        lagUntil: null,
      },
    } as const;
    expect(describeObject(linked)).toMatchObject({ displayName: 'Ada Byron', account: 'ada@contoso.com' });
  });

  test('whatever is known is shown, at last the key', () => {
    expect(labelText(ada, '00ff')).toBe('Ada Byron <ada@contoso.com>');
    expect(labelText({ displayName: null, account: 'ada', dn: 'CN=ada' }, '00ff')).toBe('ada');
    expect(labelText(describeObject(staged({})), '00ff')).toBe('CN=ada,DC=corp');
    expect(labelText({ displayName: null, account: null, dn: null }, '00ff')).toBe('00ff');
  });
});

describe('journal', () => {
  const base = {
    at: now,
    connector: 'corp',
    key: '00ff00ff',
    cloudId: 'c1',
    hash: 'h',
    code: null,
    message: null,
    requestId: 'q1',
    revision: 3,
    durationMs: 84.4,
    object: ada,
  } as const;
  const about = {
    key: '00ff00ff',
    cloudClass: 'user',
    reasons: [{ rule: 'users.jobTitle', version: '1.2' }],
  } as const;

  test('values before and after, and why', () => {
    const entry: LabelledEntry = {
      ...base,
      outcome: 'success',
      operation: {
        ...about,
        kind: 'update',
        cloudId: 'c1',
        changes: { jobTitle: { before: 'Clerk', after: null } },
      },
    };
    expect(journalText([entry], plain).split('\n')).toEqual([
      '2026-11-23 12:00:00Z  success  update user  Ada Byron <ada@contoso.com>  84 ms',
      '    ~ jobTitle "Clerk" -> null',
      '    rule users.jobTitle (revision 3)  key 00ff00ff  cloud c1  request q1',
    ]);
  });

  test('a failure tells code and message on one line, whatever the message holds', () => {
    const entry: LabelledEntry = {
      ...base,
      outcome: 'failure',
      code: 'GRAPH_INVALID_VALUE',
      message: 'bad\n2026-11-23 success',
      operation: { ...about, kind: 'delete', cloudId: 'c1' },
    };
    const lines = journalText([entry], plain).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe('    GRAPH_INVALID_VALUE bad 2026-11-23 success');
  });

  test('long values are cut, many rules are counted', () => {
    const rules = ['a', 'b', 'c', 'd', 'e'].map((rule) => ({ rule, version: null }));
    const entry: LabelledEntry = {
      ...base,
      outcome: 'planned',
      operation: {
        ...about,
        reasons: rules,
        kind: 'create',
        anchor: 'x',
        values: { description: 'x'.repeat(500) },
      },
    };
    const text = journalText([entry], plain);
    expect(text).toContain(`+ description "${'x'.repeat(119)}…\n`);
    expect(text).toContain('rule a, b, c, and 2 more');
  });
});

const key: KnownKey = {
  keyId: 'kAAAAAAAA',
  agent: 'relay-1',
  publicKey: '',
  status: 'trusted',
  firstSeenAt: now - hour,
  trustedAt: now,
  trustedBy: 'me',
  connector: 'corp',
  fingerprint: 'SHA256:x',
  isGenuine: true,
};

describe('keys of agents', () => {
  const pending = { ...key, status: 'pending', keyId: 'kBBBBBBBB', agent: 'relay-2' } as const;

  test('the only one that fits need not be named', () => {
    expect(chooseKey([key, pending], {}, 'pending')).toBe(pending);
    expect(chooseKey([key], {}, 'pending')).toBeNull();
    expect(chooseKey([key, pending], { connector: 'other' }, 'pending')).toBeNull();
    expect(chooseKey([key, pending], { key: 'kAAAAAAAA' }, 'pending')).toBe(key);
  });

  test('several are listed and none is taken', () => {
    const other = { ...pending, keyId: 'kCCCCCCCC' };
    expect(() => chooseKey([pending, other], {}, 'pending')).toThrow(
      /2 keys are pending:\n.*kBBBBBBBB\n.*kCCCCCCCC/,
    );
    expect(chooseKey([pending, other], { key: 'kCCCCCCCC' }, 'pending')).toBe(other);
  });

  test('a name that no agent can have is shown in quotes, so that it cannot pass for words of ours', () => {
    expect(agentName('relay-1')).toBe('relay-1');
    expect(agentName('corp: all is well\nWRONG nothing')).toBe('"corp: all is well WRONG nothing"');
    expect(agentName('relay 1" \u001b[2J')).toBe('"relay 1\\"  [2J"');
  });

  test('where too many wait, whoever looks for one agent is told so', () => {
    const many = Array.from({ length: pendingKeysMax }, (_, i) => ({ ...pending, keyId: `k${i}00000000` }));
    expect(noKey({ agent: 'ours' }, [key]).action).toContain('--wait 60');
    const full = noKey({ agent: 'ours' }, many);
    expect(full.message).toContain('50 keys of connector corp wait already, so no other is noted');
    expect(full.action).toContain('dirbridge agents revoke --pending');
  });

  test('a row whose public key is not the one it names is never trusted', () => {
    expect(() => chooseKey([{ ...pending, isGenuine: false }], {}, 'pending')).toThrow('another public key');
    const text = agentsText({ keys: [{ ...pending, isGenuine: false }], statuses: new Map() }, now, plain);
    expect(text).toContain('FORGED');
  });
});

test('quarantine names object, code and tries', () => {
  const entry = {
    key: '00ff00ff',
    partition: 'p00',
    code: 'GRAPH_CONFLICT',
    message: 'taken',
    targets: [],
    count: 4,
    firstAt: now - hour,
    lastAt: now - 60_000,
    connector: 'corp',
    object: ada,
    action: '',
  } as const;
  expect(quarantineText([entry], 1, now, plain).split('\n')[1]).toBe(
    'corp       00ff00ff  Ada Byron <ada@contoso.com>  GRAPH_CONFLICT  4      1 min ago  taken',
  );
  expect(quarantineText([], 0, now, plain)).toBe('nothing is in quarantine');
});
