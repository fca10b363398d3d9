import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { Vanished } from '../../shared/contracts/reading.v1.ts';
import type { Refresh } from '../../shared/contracts/agent-command.v1.ts';
import {
  connectController,
  readObject,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { showDeletedControl } from '../../shared/adapters/active-directory/ldap-controls.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { attributeOf } from '../../shared/adapters/active-directory/ldap-entry.ts';
import { hiddenAttributes, tellHidden } from './always-there.ts';
import { changeHeader, type CaptureContext } from './capture-context.ts';
import type { FollowUps } from './delta-harvest.ts';
import { guidBase } from './directory-reader.ts';
import { keysOfValues } from './encode-values.ts';
import { readEntry } from './read-entry.ts';
import { endLists, publishLongList, readWhole, wholeAttributes } from './whole-reading.ts';

/** What became of one object that was looked for by its GUID. */
export type Finding = 'alive' | 'deleted' | 'container' | 'nowhere';

/** Reads one object with all that was asked for, and publishes it. An object that is deleted is told by its tombstone. */
export async function refreshObject(context: CaptureContext, key: string): Promise<Finding> {
  return context.reader.exclusive(() => refreshExclusively(context, key)).then(finishLongLists(context, key));
}

interface Refreshed {
  readonly finding: Finding;
  readonly sid: string | null;
  readonly long: readonly string[];
}

const finishLongLists =
  (context: CaptureContext, key: string) =>
  async ({ finding, sid, long }: Refreshed): Promise<Finding> => {
    for (const link of long) await publishLongList(context, { key, sid }, link, 'live');
    return finding;
  };

/** Inside `exclusive`. */
async function refreshExclusively(context: CaptureContext, key: string): Promise<Refreshed> {
  const { reader, publisher, needs } = context;
  const version = reader.draw();
  const found = await reader.object(key, wholeAttributes(context));
  const nothing: Refreshed = { finding: 'nowhere', sid: null, long: [] };
  if (found === undefined) return nothing;
  const entry = await reader.withAllValues(found, needs.attributes);
  const header = changeHeader(context, version, 'live');
  if (readEntry(entry, needs)?.isTombstone === true) {
    endLists(context, key);
    await publisher.changes(header, [{ key, deleted: true, attributes: {} }]);
    return { ...nothing, finding: 'deleted' };
  }
  const whole = await readWhole(context, entry, version, { isAnyClass: true });
  if (whole === null) return { ...nothing, finding: 'container' };
  await publisher.changes(header, [{ ...whole.change, deleted: false }]);
  await publisher.listsComplete(whole.closed);
  return { finding: 'alive', sid: whole.sid, long: whole.long };
}

/** Reads some attributes of one object; what has no value is told to be empty, unless that cannot be. */
async function refreshAttributes(
  context: CaptureContext,
  key: string,
  names: readonly string[],
): Promise<void> {
  const { reader, publisher, needs } = context;
  const version = reader.draw();
  const found = await reader.object(key, [...names, 'objectClass', 'isDeleted']);
  if (found === undefined) return;
  const entry = await reader.withAllValues(found, needs.attributes);
  const reading = readEntry(entry, needs, 'whole');
  if (reading === null || reading.isTombstone) return;
  const hidden = hiddenAttributes(needs, reading.class, reading).map((name) => name.toLowerCase());
  const wanted = names.filter((name) => needs.attributes.has(name.toLowerCase()));
  const asked = wanted.filter((name) => !hidden.includes(name.toLowerCase()));
  tellHidden(
    context,
    key,
    wanted.filter((name) => !asked.includes(name)),
  );
  const attributes: ObjectChange['attributes'] = {};
  for (const name of asked) {
    const spelling = needs.attributes.get(name.toLowerCase()) ?? name;
    attributes[spelling] = reading.attributes[spelling] ?? [];
  }
  if (asked.length === 0) return;
  await publisher.changes(changeHeader(context, version, 'live'), [{ key, attributes }]);
}

/** Command `refresh`. A key may lie in any of the naming contexts; one that is nowhere says nothing. */
export async function carryOutRefresh(
  contexts: readonly CaptureContext[],
  requests: Refresh['requests'],
): Promise<void> {
  for (const { key, attributes } of requests) {
    if (attributes === undefined) await findObject(contexts, key);
    else
      for (const context of contexts)
        await context.reader.exclusive(() => refreshAttributes(context, key, attributes));
  }
}

/**
 * Command `probe`: only an answer of the server that there is neither object nor tombstone counts as vanished; a read
 * that failed throws, and the command is carried out again.
 */
export async function carryOutProbe(
  contexts: readonly CaptureContext[],
  access: DirectoryAccess,
  connector: string,
  keys: readonly string[],
): Promise<void> {
  const [first] = contexts;
  if (first === undefined) return;
  const vanished = new Map<string, string[]>();
  // Older than the reads: whatever is told about the object after this moment outweighs that it was not found.
  const version = first.reader.draw();
  const missing: string[] = [];
  for (const key of keys) if ((await findObject(contexts, key)) === 'nowhere') missing.push(key);
  for (const key of missing.length === 0 ? [] : await missingEverywhere(first, access, missing)) {
    const partition = partitionOf(connector, key);
    vanished.set(partition, [...(vanished.get(partition) ?? []), key]);
  }
  await first.publisher.send(
    [...vanished].map(([partition, gone]) => ({
      queue: 'changes',
      kind: 'vanished' as const,
      partition,
      sessionId: partition,
      payload: JSON.stringify({ version, keys: gone } satisfies Vanished),
    })),
  );
}

/**
 * Those that no other domain controller knows either: ours may not have heard of them yet. Where one does not answer,
 * nothing has vanished; a person is told, and the next import asks again.
 */
async function missingEverywhere(
  { facts, problem, log }: CaptureContext,
  access: DirectoryAccess,
  keys: readonly string[],
): Promise<readonly string[]> {
  let missing = keys;
  try {
    for (const url of access.urls) {
      if (url === facts.url) continue;
      const connection = await connectController(access, url);
      try {
        const still: string[] = [];
        for (const key of missing) {
          const options = { controls: [showDeletedControl()] };
          if ((await readObject(connection, guidBase(key), ['1.1'], options)) === undefined) still.push(key);
        }
        missing = still;
      } finally {
        connection.close();
      }
    }
    return missing;
  } catch (error) {
    if (!(error instanceof SyncError) || error.disposition !== 'retry') throw error;
    const message = `${keys.length} objects were not found, but not all domain controllers could be asked; they are left as they are`;
    log.warn(message, { code: error.code });
    problem({ code: error.code, message });
    return [];
  }
}

async function findObject(contexts: readonly CaptureContext[], key: string): Promise<Finding> {
  for (const context of contexts) {
    const finding = await refreshObject(context, key);
    if (finding !== 'nowhere') return finding;
  }
  return 'nowhere';
}

/** Reads that a DirSync answer asks for, before the watermark passes the answer. */
export async function followUpReads(context: CaptureContext, followUps: FollowUps): Promise<void> {
  const { reader } = context;
  for (const { key, attributes } of followUps.unclear)
    await reader.exclusive(() => refreshAttributes(context, key, attributes));
  const groups = new Set<string>();
  for (const key of followUps.undeleted) {
    const finding = await refreshObject(context, key);
    if (finding === 'container') followUps.moved.push(key);
    if (finding === 'alive') for (const group of await groupsOf(context, key)) groups.add(group);
  }
  for (const key of groups) await refreshObject(context, key);
}

/** Groups of a restored account: AD brings some of its memberships back and reports them with neither side. */
async function groupsOf(context: CaptureContext, key: string): Promise<readonly string[]> {
  const entry = await context.reader.lookUp(guidBase(key), ['memberOf']);
  const memberOf = entry === undefined ? undefined : attributeOf(entry, 'memberof');
  return keysOfValues(memberOf?.values ?? []);
}
