import {
  connectSame,
  readHighestUsn,
  readObject,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import { extendedDnControl } from '../../shared/adapters/active-directory/ldap-controls.ts';
import { containerClasses } from '../../shared/adapters/active-directory/filters.ts';
import type { LdapConnection } from '../../shared/adapters/active-directory/ldap-connection.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { loadContainers, type CaptureContext } from './capture-context.ts';
import { ContainerTree } from './container-tree.ts';
import { DirectoryReader } from './directory-reader.ts';
import { runImport } from './import-capture.ts';
import { LiveCapture } from './live-capture.ts';
import { PollPacing } from './poll-pacing.ts';
import { PrimaryGroups } from './primary-groups.ts';
import { tellOwedNames } from './subtree-renaming.ts';
import { ToldCoverage } from './told-coverage.ts';
import { WakeUp } from './wake-up.ts';
import { watchChanges } from './watch-changes.ts';
import { watchRights } from './watch-rights.ts';

export interface CaptureParts extends Omit<CaptureContext, 'reader' | 'tree' | 'groups' | 'told'> {
  readonly connector: string;
  readonly access: DirectoryAccess;
  readonly pollMs: number;
  readonly draw: () => Version;
  /** It may lack what was told before: what it tells is marked. */
  readonly isInDoubt: boolean;
  readonly onImported: (sent: number) => void;
  /** Everything that the naming context held at that moment has been read. */
  readonly onLooked: (namingContext: string, at: number) => void;
}

/** Connections and tasks for one naming context on one domain controller. */
export class NamingContextCapture {
  readonly context: CaptureContext;
  readonly #parts: CaptureParts;
  readonly #connections: readonly LdapConnection[];
  readonly #watch: LdapConnection;
  readonly #notify: LdapConnection;
  readonly #stop: AbortController;
  readonly #wake = new WakeUp();
  readonly #moved = new WakeUp();

  private constructor(
    parts: CaptureParts,
    context: CaptureContext,
    connections: readonly [LdapConnection, LdapConnection, LdapConnection, LdapConnection],
    stop: AbortController,
  ) {
    this.#parts = parts;
    this.context = context;
    this.#connections = connections;
    this.#watch = connections[2];
    this.#notify = connections[3];
    this.#stop = stop;
  }

  /** Connects and reads what has to be known before the first entry: containers and groups. */
  static async open(parts: CaptureParts): Promise<NamingContextCapture> {
    const { access, facts, namingContext, needs } = parts;
    const opened: LdapConnection[] = [];
    const open = async (): Promise<LdapConnection> => {
      const connection = await connectSame(access, facts);
      opened.push(connection);
      return connection;
    };
    try {
      const main = await open();
      const side = await open();
      const [watch, notify] = [await open(), await open()];
      const reader = new DirectoryReader({ namingContext, main, side, draw: parts.draw });
      const tree = new ContainerTree(await headKey(main, namingContext), namingContext);
      await loadContainers(reader, tree);
      const groups = await PrimaryGroups.load(reader, needs);
      const stop = new AbortController();
      const told = new ToldCoverage(reader, facts, parts.state, access.urls.length > 1);
      const publisher = publishTold(parts.publisher, told, parts.isInDoubt);
      const own = { ...parts, publisher, signal: AbortSignal.any([parts.signal, stop.signal]) };
      return new NamingContextCapture(
        own,
        { ...own, reader, tree, groups, told },
        [main, side, watch, notify],
        stop,
      );
    } catch (error) {
      for (const connection of opened) connection.close();
      throw error;
    }
  }

  /** Runs until the signal fires or something fails; what fails first is thrown, after all has come to rest. */
  async run(): Promise<void> {
    const live = await LiveCapture.start(this.context, () => this.#moved.set());
    this.#moved.set();
    const tasks = [this.#poll(live), this.#import(), this.#tellNames(), watchRights(this.context)];
    void this.#listen();
    try {
      await Promise.all(tasks);
    } finally {
      this.#stop.abort();
      await Promise.allSettled(tasks);
    }
  }

  close(): void {
    this.#stop.abort();
    for (const connection of this.#connections) connection.close();
  }

  async #poll(live: LiveCapture): Promise<void> {
    const { signal, clock, pollMs, namingContext, onLooked } = this.#parts;
    let seen = -1n;
    const pacing = new PollPacing();
    let isCalled = false;
    while (!signal.aborted) {
      isCalled = this.#wake.take() || isCalled;
      const lookedAt = clock.now();
      const usn = await readHighestUsn(this.#watch);
      if (usn < seen)
        throw new SyncError('USN_ROLLBACK', `${this.#parts.facts.server} went back in time`, {
          context: { server: this.#parts.facts.server },
        });
      if (usn === seen) {
        isCalled = false;
        onLooked(namingContext, lookedAt);
        await live.settle(usn);
      } else if (pacing.mayPoll(clock.now(), isCalled)) {
        const { isRelevant, ms } = await live.poll(usn);
        seen = usn;
        isCalled = false;
        onLooked(namingContext, lookedAt);
        pacing.polled(clock.now(), ms, isRelevant);
      }
      await Promise.race([clock.sleep(pollMs, signal), this.#wake.wait(signal)]);
    }
  }

  async #import(): Promise<void> {
    const { state, onImported } = this.#parts;
    const wanted = state.current.import;
    const known = wanted?.contexts.find((one) => one.namingContext === this.#parts.namingContext);
    if (wanted === null || known?.isDone === true) return;
    await runImport(this.context, onImported);
  }

  async #tellNames(): Promise<void> {
    const { signal } = this.#parts;
    while (!signal.aborted) {
      await this.#moved.wait(signal);
      if (!this.#moved.take()) continue;
      await tellOwedNames(this.context);
    }
  }

  /** Without notifications polling is enough, only slower where the domain controller is large and busy. */
  async #listen(): Promise<void> {
    const { namingContext, needs, log, signal } = this.#parts;
    const classes = new Set([...needs.classes, ...containerClasses.map((name) => name.toLowerCase())]);
    try {
      await watchChanges(this.#notify, namingContext, classes, () => this.#wake.set());
    } catch (error) {
      if (!signal.aborted)
        log.debug('no change notifications', {
          code: error instanceof SyncError ? error.code : 'UNEXPECTED',
        });
    }
  }
}

/** What another domain controller must not lack is noted before it is told. */
function publishTold(
  publisher: CaptureContext['publisher'],
  told: ToldCoverage,
  isInDoubt: boolean,
): CaptureContext['publisher'] {
  const marked = <T extends object>(one: T): T => (isInDoubt ? { ...one, inDoubt: true } : one);
  return {
    send: (messages) => publisher.send(messages),
    listsComplete: (lists) => publisher.listsComplete(lists.map(marked)),
    async changes(header, changes) {
      if (changes.length > 0) await told.note();
      await publisher.changes(marked(header), changes);
    },
    stream: (header) => publisher.stream(marked(header), () => told.note()),
  };
}

async function headKey(connection: LdapConnection, namingContext: string): Promise<string> {
  const head = await readObject(connection, namingContext, ['1.1'], { controls: [extendedDnControl()] });
  const key = head === undefined ? null : parseExtendedDn(head.dn).key;
  if (key !== null) return key;
  throw new SyncError('LDAP_RIGHTS', `the bind account cannot read the head of ${namingContext}`, {
    context: { server: connection.server, namingContext },
  });
}
