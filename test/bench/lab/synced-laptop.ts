import { setTimeout as sleep } from 'node:timers/promises';
import { Cloud } from '../../../local/demo/cloud.ts';
import { DirectoryClient, guidText } from '../../../local/demo/directory-client.ts';
import { firstSteps } from '../../../local/first-steps.ts';
import { connector, makeLaptop, type Laptop } from '../../../local/laptop.ts';
import { partitionOf, partitions } from '../../../shared/model/partition.ts';

/** Milliseconds until the Graph emulator shows a write to readers, drawn anew for each. */
export const graphLag = '50-300';

/** A person on both sides. */
export interface SyncedPerson {
  readonly dn: string;
  /** Hex of objectGUID, as the directory's log is searched for it. */
  readonly guid: string;
  readonly partition: string;
  readonly cloudId: string;
}

/** Everything running, people imported, nothing left to do. */
export interface SyncedLaptop {
  readonly laptop: Laptop;
  readonly directory: DirectoryClient;
  readonly cloud: Cloud;
  readonly people: readonly SyncedPerson[];
  /** Nothing in the queues and no request for a second. */
  untilQuiet(): Promise<void>;
  stop(): Promise<void>;
}

const importMs = 240_000;
const unit = 'OU=Contoso';

interface Planted {
  readonly dn: string;
  readonly guid: string;
  readonly partition: string;
}

/** @param count people at least; more are made until every partition has one. */
export async function startSyncedLaptop(
  kind: 'embedded' | 'samba',
  count: number,
  say: (text: string) => void,
): Promise<SyncedLaptop> {
  let death: string | undefined;
  const laptop = await makeLaptop({
    directory: kind,
    domains: ['contoso.com'],
    lag: graphLag,
    onDeath: ({ name, how, lastWords }) => {
      death = `${name} ended by itself (${how}), saying last:\n${lastWords.join('\n')}`;
      say(death);
    },
  });
  const stop = async (): Promise<void> => {
    await directory?.close();
    await laptop.stop();
  };
  let directory: DirectoryClient | undefined;
  try {
    say(`starting cloud and ${kind} directory`);
    await laptop.start();
    directory = await DirectoryClient.open(laptop.directory);
    const planted = await plantPeople(directory, count);
    say(`importing ${planted.length} people`);
    await laptop.startAgent();
    await firstSteps(laptop, 'rules/demo.yaml');
    const cloud = new Cloud(laptop.graphUrl);
    const people = await untilImported(cloud, planted, () => death);
    const untilQuiet = (): Promise<void> => awaitQuiet(cloud, laptop.busAdmin);
    await untilQuiet();
    return { laptop, directory, cloud, people, untilQuiet, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function plantPeople(directory: DirectoryClient, count: number): Promise<readonly Planted[]> {
  const base = `${unit},${directory.baseDn}`;
  await directory.add(base, { objectClass: ['organizationalUnit'] });
  const planted: Planted[] = [];
  const without = new Set(partitions);
  while (planted.length < count || without.size > 0) {
    const name = `bench${String(planted.length + 1).padStart(4, '0')}`;
    const dn = `CN=${name},${base}`;
    await directory.add(dn, {
      objectClass: ['user'],
      sAMAccountName: [name],
      userPrincipalName: [`${name}@contoso.com`],
      displayName: [`Bench ${name}`],
      givenName: ['Bench'],
      sn: [name],
      title: ['Clerk'],
      department: ['Research'],
      // Disabled for want of a password, which takes no part in what is measured.
      userAccountControl: ['546'],
    });
    const guid = await directory.guidOf(dn);
    const partition = partitionOf(connector, guidText(guid).replaceAll('-', ''));
    without.delete(partition);
    planted.push({ dn, guid, partition });
  }
  return planted;
}

async function untilImported(
  cloud: Cloud,
  planted: readonly Planted[],
  death: () => string | undefined,
): Promise<readonly SyncedPerson[]> {
  const deadline = Date.now() + importMs;
  for (;;) {
    const { ids } = await cloud.state();
    const people = planted.flatMap((one) => {
      const cloudId = ids.get(Buffer.from(one.guid, 'hex').toString('base64'));
      return cloudId === undefined ? [] : [{ ...one, cloudId }];
    });
    if (people.length === planted.length) return people;
    const why = death();
    if (why !== undefined) throw new Error(why);
    if (Date.now() > deadline)
      throw new Error(`${people.length} of ${planted.length} people were in the cloud after ${importMs} ms`);
    await sleep(500);
  }
}

const quietMs = 1_000;
const quietPatienceMs = 120_000;

interface Counts {
  readonly active: number;
  readonly scheduled: number;
}

async function awaitQuiet(cloud: Cloud, busAdmin: string): Promise<void> {
  const deadline = Date.now() + quietPatienceMs;
  let seq = -1;
  let since = performance.now();
  while (performance.now() - since < quietMs) {
    const queues = (await (await fetch(`${busAdmin}/queues`)).json()) as Readonly<Record<string, Counts>>;
    const now = await cloud.log(Math.max(0, seq));
    const isBusy = (queues['changes']?.active ?? 0) + (queues['changes-bulk']?.active ?? 0) > 0;
    if (isBusy || now.seq !== seq) since = performance.now();
    seq = now.seq;
    if (Date.now() > deadline) throw new Error(`the pipeline was not quiet after ${quietPatienceMs} ms`);
    await sleep(50);
  }
}
