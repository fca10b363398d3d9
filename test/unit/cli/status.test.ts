import { describe, expect, test } from 'vitest';
import { findingsOf } from '../../../cli/commands/status-findings.ts';
import { statusText } from '../../../cli/commands/status-text.ts';
import type { KnownKey } from '../../../cli/state/read-agents.ts';
import type { ConnectorStatus, Status } from '../../../cli/state/status.ts';
import { plain } from '../../../cli/text/paint.ts';
import type { Heartbeat } from '../../../shared/contracts/agent-report.v1.ts';
import type { AgentStatus } from '../../../shared/state/agent-rows.ts';
import { withPoison } from '../../../shared/state/poison-note.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const minute = 60_000;
const hour = 60 * minute;

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

const heartbeat: Heartbeat = {
  state: 'leader',
  revision: 3,
  watermarks: [],
  import: null,
  captured: { objects: 0, messages: 0 },
};

const connector: ConnectorStatus = {
  backlog: {
    connector: 'corp',
    linked: { users: 1_200, groups: 20 },
    due: 7,
    dueByPriority: { urgent: 2, live: 5, bulk: 0 },
    oldestDue: now - 12_000,
    later: 3,
    parked: 2,
    parkedByCause: { held: 2 },
    imports: {},
    isExact: true,
    behind: [],
    overdue: [],
  },
  held: {},
  approved: 0,
  quarantined: {},
  imports: [],
};

const status = (more: Partial<Status> = {}): Status => ({
  at: now,
  rules: { revision: 3, hash: 'abcdef0123456789', publishedAt: now - hour, publishedBy: 'someone' },
  agents: { keys: [key], statuses: new Map([['corp|relay-1', said()]]) },
  connectors: [connector],
  activity: {
    minutes: 5,
    done: 96,
    failed: { GRAPH_CONFLICT: 3 },
    throttled: 1,
    held: 0,
    planned: 0,
    latency: { over: 90, p50: 80, p95: 1_220 },
    isExact: true,
  },
  quota: [{ app: 'app', tokens: 2_710, at: now - 4_000, blockedUntil: null }],
  poison: [],
  waiting: [],
  ...more,
});
const said = (more: Partial<AgentStatus> = {}): AgentStatus => ({
  agent: 'relay-1',
  at: now - 20_000,
  heartbeat,
  problem: null,
  ...more,
});
const withAgent = (one: AgentStatus, more: Partial<Status> = {}): Status =>
  status({ agents: { keys: [key], statuses: new Map([['corp|relay-1', one]]) }, ...more });
const linesOf = (one: Status): string[] => statusText(one, findingsOf(one), plain).split('\n');

describe('status as text', () => {
  test('all is well in a few lines, and nothing is wrong', () => {
    expect(linesOf(status())).toEqual([
      'rules                  revision 3, hash abcdef012345, published 2026-11-23 11:00:00Z by someone',
      'agent corp/relay-1     leader, revision 3, heartbeat 20 s ago',
      'corp                   1,200 users, 20 groups linked; 7 due now (5 live, 2 urgent), the oldest since 12 s ago, 3 later, 2 parked',
      '  parked               2 wait for a person',
      'last 5 min             100 sent to Graph, 3 GRAPH_CONFLICT (3.0 %), 1 throttled (1.0 %)',
      '  latency              half within 80 ms, 95 % within 1,220 ms: read at the source to Graph’s answer, the last 90 live operations, by the clocks of both machines',
      '  Graph writes         2,710 left 4 s ago',
    ]);
    expect(findingsOf(status())).toEqual([]);
  });

  test('an agent that fell silent does not pass for a leader, one that stopped is not silent', () => {
    const silent = status({ at: now + hour });
    expect(linesOf(silent)[1]).toContain('silent (was leader)');
    expect(findingsOf(silent)).toMatchObject([{ weight: 'bad', about: 'corp/relay-1', since: now - 20_000 }]);
    const problem = { code: 'LDAP_BIND_REFUSED', message: 'wrong password', at: now };
    const stopped = said({ at: now, heartbeat: { ...heartbeat, state: 'stopped' }, problem });
    const one = withAgent(stopped, { at: now + hour });
    expect(linesOf(one)[1]).toContain('stopped, revision 3, heartbeat 1 h ago');
    expect(findingsOf(one)[0]?.what).toBe('stopped because of LDAP_BIND_REFUSED: wrong password');
    expect(findingsOf(one)[0]?.action).toContain('does not try again by itself');
  });

  test('rules published since the last heartbeat may have arrived since', () => {
    const rules = { revision: 4, hash: 'ff', publishedAt: now, publishedBy: 'someone' };
    expect(linesOf(status({ rules }))[1]).toContain('leader, revision 3 (4 may have reached it since)');
  });

  test('where it reads, and how far', () => {
    const at = new Date(now - 2 * minute).toISOString();
    const lookedAt = new Date(now - 21_000).toISOString();
    const mark = { namingContext: 'DC=corp', server: 'dc1', usn: '12', at, lookedAt };
    const lines = linesOf(withAgent(said({ heartbeat: { ...heartbeat, watermarks: [mark] } })));
    expect(lines[2]).toBe(
      '  reads                DC=corp of dc1: everything read 21 s ago, last stored at USN 12, 2 min ago',
    );
  });

  test('what an agent says cannot steer the terminal', () => {
    const problem = { code: 'LDAP_TIMEOUT', message: 'slow\n\u001b[2Jall is well', at: now };
    const trouble = { code: 'LDAP_RIGHTS', message: 'no\u001b[2J\nWRONG', since: '2026-11-23T11:00:00.000Z' };
    const lines = linesOf(withAgent(said({ problem, heartbeat: { ...heartbeat, troubles: [trouble] } })));
    expect(lines).toContain('  last problem         just now: LDAP_TIMEOUT slow [2Jall is well');
    expect(lines).toContain(
      'WRONG                  corp/relay-1: LDAP_RIGHTS: no [2J WRONG, since 2026-11-23 11:00:00Z (1 h ago)',
    );
  });

  test('what waits for a person, is behind or overdue has a line of its own', () => {
    const backlog = { ...connector.backlog, isExact: false, behind: ['p00'], overdue: ['p00', 'p01'] };
    const text = linesOf(
      status({
        connectors: [
          {
            ...connector,
            backlog,
            held: {
              budget: { count: 2, since: now - hour },
              vanished: { count: 1, since: now },
              doubt: { count: 4, since: now },
            },
            approved: 1,
            quarantined: { GRAPH_CONFLICT: 2 },
          },
        ],
      }),
    ).join('\n');
    expect(text).toContain('7 or more due now');
    expect(text).toContain(
      '7 operations held (4 doubt, 2 budget, 1 vanished), 1 approved operation not carried out yet, 2 objects in quarantine (2 GRAPH_CONFLICT)',
    );
    expect(text).toContain('1 partition behind the rules in force');
    expect(text).toContain('2 partitions overdue: is the function app running?');
    expect(text).toContain(
      'LOOK                   corp: 2 operations held: more than a budget allows, since 2026-11-23 11:00:00Z (1 h ago)\n                       -> dirbridge holds list --connector corp',
    );
    expect(text).toContain(
      'corp: 4 operations held: read from a domain controller that may lack what was told before',
    );
    expect(text).toContain('bring back the domain controller that the agent names');
  });
});

describe('findings', () => {
  const waiting = (number: number) =>
    Array.from({ length: number }, (_, i): KnownKey => ({
      ...key,
      status: 'pending',
      agent: `relay-${i + 2}`,
      keyId: `k${String(i).padStart(8, '0')}`,
      firstSeenAt: now - i * minute,
    }));
  const withKeys = (keys: readonly KnownKey[]) => status({ agents: { keys, statuses: new Map() } });

  test('an agent that waits to be trusted waits for a person', () => {
    expect(findingsOf(withKeys(waiting(1)))).toEqual([
      {
        weight: 'look',
        about: 'corp/relay-2',
        what: 'waits to be trusted (k00000000)',
        since: now,
        action: expect.stringContaining('dirbridge agents trust --agent relay-2') as string,
      },
    ]);
  });

  test('many that wait are one line, which says when no other is noted any more', () => {
    const few = withKeys(waiting(4));
    expect(linesOf(few).filter((line) => line.includes('wait to be'))).toEqual([
      'agents of corp         4 wait to be trusted',
      expect.stringContaining('corp: 4 agent keys wait to be trusted, since 2026-11-23 11:57:00Z'),
    ]);
    expect(findingsOf(few)[0]).toMatchObject({ weight: 'look' });
    const [full] = findingsOf(withKeys(waiting(50)));
    expect(full).toMatchObject({
      weight: 'bad',
      what: '50 agent keys wait to be trusted: no other is noted',
    });
    expect(full?.action).toContain('dirbridge agents revoke --pending');
  });

  test('an agent with a revision that nobody published', () => {
    const foreign = withAgent(said({ heartbeat: { ...heartbeat, revision: 999 } }));
    expect(findingsOf(foreign)).toMatchObject([
      {
        weight: 'bad',
        about: 'corp/relay-1',
        what: 'reads by revision 999, which nobody published: 3 is in force',
      },
    ]);
    expect(findingsOf(foreign)[0]?.action).toContain('agent-commands-corp');
    expect(findingsOf({ ...foreign, rules: null })[0]?.what).toContain('none is in force');
    const next = withAgent(said({ heartbeat: { ...heartbeat, revision: 2 } }));
    expect(findingsOf(next)).toEqual([]);
  });

  test('refused messages of several queues are told apart from those of one', () => {
    const one = { code: 'CONTRACT_INVALID', queue: 'changes', message: 'no form', now } as const;
    const two = withPoison(withPoison(null, one), { ...one, queue: 'agent-reports' });
    const [found] = findingsOf(status({ poison: [two] }));
    expect(found?.what).toBe(
      '2 messages refused as CONTRACT_INVALID (queues agent-reports, changes), the last one of queue agent-reports: no form',
    );
    expect(found?.action).toContain('docs/runbooks/contract-invalid.md#looking-into-the-poison-queue');
  });

  const note = {
    import: 'i1',
    namingContext: 'DC=corp',
    toldAt: now - 5 * minute,
    objects: 1_000,
    giveUpAt: now + 55 * minute,
    short: {},
    unseen: {},
    isRepetition: false,
  };
  const withImport = (more: Partial<typeof note>, own: Partial<ConnectorStatus> = {}) =>
    findingsOf(status({ connectors: [{ ...connector, ...own, imports: [{ ...note, ...more }] }] }));

  test('an import whose objects do not arrive is told while it waits, and when it has given up', () => {
    const backlog = { ...connector.backlog, imports: { i1: 2 } };
    expect(withImport({})).toEqual([]);
    expect(withImport({}, { backlog })[0]?.what).toContain('awaited in 2 partitions');
    expect(withImport({ toldAt: now - 1_000 }, { backlog })).toEqual([]);
    const short = { p00: { expected: 10, seen: 7 }, p01: { expected: 4, seen: 4 } };
    const [found] = withImport({ short });
    expect(found).toMatchObject({ weight: 'bad', about: 'corp' });
    expect(found?.what).toContain('3 objects of 1,000 were sent and did not arrive; nothing was deleted');
    expect(found?.action).toContain('Another import was asked for');
    expect(withImport({ short, isRepetition: true })[0]?.action).toContain(
      'repeated because of that already',
    );
  });

  test('what an import did not show is told only where something of it vanished', () => {
    const unseen = { p00: 3, p07: 4 };
    expect(withImport({ unseen })).toEqual([]);
    const held = { vanished: { count: 5, since: now } };
    expect(withImport({ unseen }, { held }).map(({ what }) => what)).toContain(
      'the import did not show 7 objects; 5 could not be found at all',
    );
  });

  test('a reading of the directory that lags behind its own heartbeat', () => {
    const mark = (ms: number) => ({
      namingContext: 'DC=corp',
      server: 'dc1',
      usn: '12',
      at: new Date(now - hour).toISOString(),
      lookedAt: new Date(now - ms).toISOString(),
    });
    const lagging = (ms: number) =>
      findingsOf(withAgent(said({ heartbeat: { ...heartbeat, watermarks: [mark(ms)] } })));
    expect(lagging(minute)).toEqual([]);
    expect(lagging(10 * minute)[0]?.what).toBe('DC=corp of dc1 has not been read to its end');
  });

  test('refused messages are counted for a week, by code', () => {
    const one = { code: 'CONTRACT_INVALID', queue: 'changes', message: 'no form', now } as const;
    const two = withPoison(withPoison(null, one), { ...one, now: now + 1 });
    expect(two).toMatchObject({ days: { '2026-11-23': 2 }, firstAt: now, lastAt: now + 1 });
    expect(findingsOf(status({ poison: [two] }))[0]?.what).toBe(
      '2 messages refused as CONTRACT_INVALID, the last one of queue changes: no form',
    );
    expect(findingsOf(status({ poison: [two], at: now + 8 * 24 * hour }))).not.toContainEqual(
      expect.objectContaining({ weight: 'look' }),
    );
    let many = two;
    for (let day = 1; day < 20; day += 1) many = withPoison(many, { ...one, now: now + day * 24 * hour });
    expect(Object.keys(many.days)).toHaveLength(7);
  });
});
