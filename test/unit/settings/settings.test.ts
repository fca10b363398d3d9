import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settingsPage } from '../../../scripts/docs/settings.ts';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import { loadCommandSettings } from '../../../shared/settings/command-settings.ts';
import { loadFunctionSettings } from '../../../shared/settings/function-settings.ts';
import { secretValues } from '../../../shared/settings/secret-values.ts';
import type { Environment } from '../../../shared/settings/setting-reader.ts';
import { settingTable } from '../../../shared/settings/setting-table.ts';

const root = new URL('../../../', import.meta.url);
const complete = {
  DIRBRIDGE_BUS__fullyQualifiedNamespace: 'contoso.servicebus.windows.net',
  DIRBRIDGE_STATE__tableServiceUri: 'https://contosostate.table.core.windows.net/',
  DIRBRIDGE_TENANT_ID: '99999999-8888-7777-6666-555555555555',
  DIRBRIDGE_OPERATOR_AUDIENCE: 'api://dirbridge.contoso.com',
};

function messageOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (error instanceof SyncError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  throw new Error('no problem was reported');
}
const problemsOf = (environment: Environment) => messageOf(() => loadFunctionSettings(environment));

describe('function settings', () => {
  test('defaults are safe and the rest is read', () => {
    expect(loadFunctionSettings(complete)).toEqual({
      bus: {
        kind: 'identity',
        endpoint: 'contoso.servicebus.windows.net',
        identity: { only: null, clientId: null },
      },
      state: {
        kind: 'identity',
        endpoint: 'https://contosostate.table.core.windows.net',
        identity: { only: null, clientId: null },
      },
      tablePrefix: 'Dirbridge',
      tenantId: '99999999-8888-7777-6666-555555555555',
      graph: {
        url: 'https://graph.microsoft.com',
        scope: 'https://graph.microsoft.com/.default',
        identity: { only: 'managed', clientId: null },
        writesPer150s: 3000,
        burst: 30000,
      },
      mode: 'plan',
      sweepSchedule: '0 * * * * *',
      journalDays: 90,
      logLevel: 'info',
      operator: {
        issuer: 'https://login.microsoftonline.com/99999999-8888-7777-6666-555555555555/v2.0',
        audience: 'api://dirbridge.contoso.com',
        role: 'Dirbridge.Operator',
      },
    });
  });

  test('a user-assigned identity is taken for each connection', () => {
    const clientId = '11111111-2222-3333-4444-555555555555';
    const settings = loadFunctionSettings({
      ...complete,
      DIRBRIDGE_BUS__credential: 'managedidentity',
      DIRBRIDGE_BUS__clientId: clientId,
      DIRBRIDGE_GRAPH_CREDENTIAL: 'default',
      DIRBRIDGE_CLIENT_ID: clientId,
    });
    expect(settings.bus).toMatchObject({ identity: { only: 'managed', clientId } });
    expect(settings.graph.identity).toEqual({ only: null, clientId });
  });

  test('every problem is told at once, with the setting, the rule and an example', () => {
    const message = problemsOf({
      DIRBRIDGE_MODE: 'fast',
      DIRBRIDGE_GRAPH_WRITES_PER_150S: '5',
      DIRBRIDGE_STATE: 'x=y',
    });
    expect(message).toContain(
      'DIRBRIDGE_MODE must be plan, upsert-only or full, for example DIRBRIDGE_MODE=full',
    );
    expect(message).toContain('DIRBRIDGE_GRAPH_WRITES_PER_150S must be a whole number from 20 to 30000');
    expect(message).toContain('DIRBRIDGE_STATE must be a storage connection string');
    expect(message).toContain('DIRBRIDGE_BUS is missing');
    expect(message).toContain('DIRBRIDGE_TENANT_ID is missing');
    expect(message).toContain('DIRBRIDGE_OPERATOR_AUDIENCE is missing');
    expect(message).toMatch(/^6 settings are wrong:/);
  });

  test.each([
    { name: 'DIRBRIDGE_TENANTID', meant: 'DIRBRIDGE_TENANT_ID' },
    { name: 'DIRBRIDGE_GRAPH_WRITES_PER_150', meant: 'DIRBRIDGE_GRAPH_WRITES_PER_150S' },
    { name: 'DIRBRIDGE_BUS__FULLYQUALIFIEDNAMESPACE', meant: 'DIRBRIDGE_BUS__fullyQualifiedNamespace' },
  ])('$name is refused and $meant is offered', ({ name, meant }) => {
    expect(problemsOf({ ...complete, [name]: 'x' })).toContain(
      `${name} is not a setting of Dirbridge; did you mean ${meant}?`,
    );
  });

  test('a name that is like none is refused without a guess; names for agent.yaml are free', () => {
    const message = problemsOf({
      ...complete,
      DIRBRIDGE_COFFEE_STRENGTH_OF_THE_DAY: 'x',
      DIRBRIDGE_AGENT_BUS: 'y',
    });
    expect(message).toMatch(/DIRBRIDGE_COFFEE_STRENGTH_OF_THE_DAY is not a setting of Dirbridge$/m);
    expect(message).not.toContain('DIRBRIDGE_AGENT_BUS');
  });

  test('both forms of a connection at once are refused, since the host would choose silently', () => {
    const bus = 'Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=b';
    expect(problemsOf({ ...complete, DIRBRIDGE_BUS: bus })).toContain('keep one of them');
  });

  test.each([
    'http://graph.microsoft.com',
    'ftp://127.0.0.1',
    'graph.microsoft.com',
    'http://127.0.0.1.evil.example',
  ])('the address %s would send tokens in clear or is none', (address) => {
    expect(problemsOf({ ...complete, DIRBRIDGE_GRAPH_URL: address })).toContain(
      'DIRBRIDGE_GRAPH_URL must be an https address',
    );
  });

  test('values are never echoed, whatever setting they stand in', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(settingTable)),
        fc.stringMatching(/^[A-Za-z0-9+/]{20,40}$/).map((secret) => `!${secret}`),
        (name, secret) => {
          fc.pre(!['host'].includes(settingTable[name as keyof typeof settingTable].reader));
          const environment = { [name]: secret };
          expect(messageOf(() => loadFunctionSettings(environment))).not.toContain(secret);
          expect(messageOf(() => loadCommandSettings(environment))).not.toContain(secret);
        },
      ),
    );
  });
});

describe('command settings', () => {
  test('need the state and the function app only', () => {
    const settings = loadCommandSettings({
      DIRBRIDGE_STATE: 'UseDevelopmentStorage=true',
      DIRBRIDGE_OPERATOR_URL: 'http://127.0.0.1:7071/',
      DIRBRIDGE_OPERATOR_AUDIENCE: 'api://dirbridge',
    });
    expect(settings).toEqual({
      state: { kind: 'connection-string', connectionString: 'UseDevelopmentStorage=true' },
      tablePrefix: 'Dirbridge',
      operatorUrl: 'http://127.0.0.1:7071',
      operatorAudience: 'api://dirbridge',
    });
  });

  test('name what is missing', () => {
    const message = messageOf(() => loadCommandSettings({}));
    expect(message).toContain('DIRBRIDGE_OPERATOR_URL is missing');
    expect(message).toContain('DIRBRIDGE_STATE is missing');
    expect(message).not.toContain('DIRBRIDGE_BUS');
  });
});

describe('what is written about settings', () => {
  const sample = JSON.parse(readFileSync(new URL('local.settings.sample.json', root), 'utf8')) as {
    Values: Record<string, string>;
  };

  test('the sample lists every setting of the function app and its host, and nothing else', () => {
    const expected = Object.entries(settingTable)
      .filter(([, definition]) => definition.reader !== 'command')
      .map(([name]) => name);
    expect(Object.keys(sample.Values).sort()).toEqual(expected.sort());
  });

  test('the sample is accepted as it stands', () => {
    expect(loadFunctionSettings(sample.Values).mode).toBe('full');
  });

  test.each(Object.entries(settingTable))(
    'the example and the fallback of %s are accepted',
    (_name, definition) => {
      expect(definition.schema.safeParse(definition.example).success).toBe(true);
      if ('fallback' in definition)
        expect(definition.schema.safeParse(definition.fallback).success).toBe(true);
    },
  );

  test('docs/reference/settings.md is up to date (npm run docs)', () => {
    expect(readFileSync(new URL('docs/reference/settings.md', root), 'utf8')).toBe(settingsPage());
  });
});

test('secret values are whole connection strings and the keys in them', () => {
  const secrets = secretValues({
    DIRBRIDGE_BUS: 'Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=b+c=',
    DIRBRIDGE_MODE: 'plan',
  });
  expect(secrets).toEqual(['Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=b+c=', 'b+c=']);
});
