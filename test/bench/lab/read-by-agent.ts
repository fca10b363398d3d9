import { generateKeyPairSync } from 'node:crypto';
import type { CaptureContext } from '../../../agent/capture/capture-context.ts';
import { captureNeeds } from '../../../agent/capture/capture-needs.ts';
import { ContainerTree } from '../../../agent/capture/container-tree.ts';
import { DirectoryReader } from '../../../agent/capture/directory-reader.ts';
import { readWindow } from '../../../agent/capture/import-window.ts';
import { PrimaryGroups } from '../../../agent/capture/primary-groups.ts';
import { ToldCoverage } from '../../../agent/capture/told-coverage.ts';
import { LeaseStateStore } from '../../../agent/lease/lease-state-store.ts';
import { emptyLeaseState } from '../../../agent/lease/lease-state.ts';
import { Outage } from '../../../agent/outage.ts';
import { Publisher } from '../../../agent/publish/publisher.ts';
import { Troubles } from '../../../agent/reports/troubles.ts';
import {
  LdapConnection,
  type SearchParameters,
} from '../../../shared/adapters/active-directory/ldap-connection.ts';
import { controlOids } from '../../../shared/adapters/active-directory/ldap-controls.ts';
import { systemClock } from '../../../shared/adapters/system/system-clock.ts';
import { systemRandom } from '../../../shared/adapters/system/system-random.ts';
import { keyIdOf } from '../../../shared/model/envelope-seal.ts';
import type { Log } from '../../../shared/ports/log.ts';
import { defaultNeeds } from './default-needs.ts';
import type { Slapd } from './slapd.ts';

const connector = 'corp';
const invocationId = '0'.repeat(32);
const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface AgentReading {
  readonly objects: number;
  readonly messages: number;
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * The agent's own import of everything that has a uSNCreated up to `upper`, as one window: pages, entries, change sets,
 * seals. What would go to the bus is counted and dropped. (slapd walks through its whole index for each window of numbers,
 * Active Directory does not: more windows would measure slapd.)
 */
export async function readByAgent(slapd: Slapd, upper: number): Promise<AgentReading> {
  const began = performance.now();
  const main = await openPlain(slapd.url);
  const side = await openPlain(slapd.url);
  try {
    const sent = { messages: 0, bytes: 0 };
    const context = await contextOf(slapd, main, side, upper, sent);
    const window = { from: 0n, to: BigInt(upper), objectsMax: Number.MAX_SAFE_INTEGER };
    const counts = await readWindow(context, { id: 'bench', attributes: null }, window);
    const objects = Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
    return { ...sent, objects, seconds: (performance.now() - began) / 1_000 };
  } finally {
    main.close();
    side.close();
  }
}

async function contextOf(
  slapd: Slapd,
  main: LdapConnection,
  side: LdapConnection,
  upper: number,
  sent: { messages: number; bytes: number },
): Promise<CaptureContext> {
  let n = 0;
  const draw = (): { epoch: number; n: number } => ({ epoch: 1, n: n++ });
  const namingContext = slapd.baseDn;
  const needs = captureNeeds(defaultNeeds());
  const reader = new DirectoryReader({ namingContext, main, side, draw });
  const tree = new ContainerTree('f'.repeat(32), namingContext);
  tree.put(slapd.unitKey, `OU=People,${namingContext}`);
  const facts = {
    ...{ url: slapd.url, address: undefined, service: 'bench', server: 'bench', invocationId },
    ...{ defaultNamingContext: namingContext, namingContexts: [namingContext], highestUsn: BigInt(upper) },
  };
  const state = new LeaseStateStore(emptyLeaseState, () => Promise.resolve());
  return {
    namingContext,
    facts,
    needs,
    reader,
    told: new ToldCoverage(reader, facts, state, false),
    tree,
    groups: await PrimaryGroups.load(reader, needs),
    publisher: countingPublisher(sent),
    state,
    clock: systemClock,
    log: silent,
    problem: ({ message }) => {
      throw new Error(message);
    },
    troubles: new Troubles(systemClock, ({ message }) => {
      throw new Error(message);
    }),
    signal: new AbortController().signal,
  };
}

function countingPublisher(sent: { messages: number; bytes: number }): Publisher {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = keyIdOf(publicKey.export({ type: 'spki', format: 'der' }));
  const options = {
    connector,
    agent: 'bench',
    key: { privateKey, keyId },
    sender: {
      send: (messages: readonly { readonly envelope: { readonly payload: string } }[]) => {
        sent.messages += messages.length;
        for (const { envelope } of messages) sent.bytes += envelope.payload.length;
        return Promise.resolve();
      },
    },
    clock: systemClock,
    random: systemRandom,
    outage: new Outage('Service Bus', silent, systemClock),
  };
  return new Publisher(options, 1, new AbortController().signal);
}

/** slapd refuses a critical control that it does not know: the one for extended names is left out of every search. */
async function openPlain(url: string): Promise<LdapConnection> {
  const connection = await LdapConnection.open({ url, tls: { mode: 'none' }, timeoutMs: 60_000 });
  const search = connection.search.bind(connection);
  connection.search = (parameters: SearchParameters) =>
    search({
      ...parameters,
      controls: (parameters.controls ?? []).filter(({ type }) => type !== controlOids.extendedDn),
    });
  return connection;
}
