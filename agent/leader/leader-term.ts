import type { DirectoryAccess } from '../../shared/adapters/active-directory/domain-controller.ts';
import type { ControllerFacts } from '../../shared/adapters/active-directory/domain-controller.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { captureNeeds } from '../capture/capture-needs.ts';
import { countObjects } from '../capture/count-objects.ts';
import { NamingContextCapture } from '../capture/naming-context-capture.ts';
import { WakeUp } from '../capture/wake-up.ts';
import type { AgentParts } from '../agent-parts.ts';
import { isAborted } from '../is-aborted.ts';
import { growingPause } from '../growing-pause.ts';
import type { Lease } from '../lease/lease.ts';
import { LeaseStateStore } from '../lease/lease-state-store.ts';
import { Outage } from '../outage.ts';
import { Publisher } from '../publish/publisher.ts';
import type { LeaseState } from '../lease/lease-state.ts';
import { CaptureDesk } from './capture-desk.ts';
import { chooseController, type ChosenController } from './choose-controller.ts';
import { isInDoubt, withDoubt, withoutDoubts } from './doubt.ts';
import { OlderTold } from '../commands/older-told.ts';
import { runCommands } from '../commands/run-commands.ts';
import { watchDoubt } from './watch-doubt.ts';
import { withImportAgain, withNewImport, withoutCookies, withoutWatermark } from './import-request.ts';

/** Waiting mends these; all else stops the agent or is a mistake of ours. */
const waitable: ReadonlySet<string> = new Set([
  'LDAP_UNREACHABLE',
  'LDAP_TIMEOUT',
  'LDAP_BUSY',
  'LDAP_REFUSED',
  'LDAP_BEHIND',
]);
/** Everything is read again because of these. */
const unusableWatermark: ReadonlySet<string> = new Set(['COOKIE_REJECTED', 'USN_ROLLBACK']);
const waitingNoticeMs = 60_000;
/** A clean stop waits no longer for its last word to the lease. */
const savedMs = 1_000;
/** A restart of a domain controller or of a firewall is over by then; who is told of each reads none. */
const outageToldMs = 5_000;

export interface TermSignals {
  /** Stop taking up work; finish what is under way. */
  readonly soft: AbortSignal;
  /** Stop now. */
  readonly hard: AbortSignal;
}

/** One term of leadership: from taking the lease to losing it, stopping, or a failure that waiting does not mend. */
export class LeaderTerm {
  readonly publisher: Publisher;
  readonly state: LeaseStateStore;
  readonly desk = new CaptureDesk();
  readonly olderTold = new OlderTold();
  readonly #parts: AgentParts;
  readonly #soft: AbortSignal;
  readonly #draw: () => Version;
  readonly #directory: Outage;
  /** Fired by commands that change what is captured. */
  readonly #changed = new WakeUp();
  #restart = new AbortController();

  private constructor(parts: AgentParts, lease: Lease, state: LeaseStateStore, signals: TermSignals) {
    const { epoch } = state.current;
    let n = 0;
    this.#parts = parts;
    this.state = state;
    this.#soft = AbortSignal.any([signals.soft, signals.hard, lease.lost]);
    this.#draw = () => ({ epoch, n: n++ });
    this.#directory = new Outage('the directory', parts.log, parts.clock);
    const onOversized = (key: string, attribute: string): void => {
      const message = 'an attribute is too large to be carried; its old value stays in force';
      parts.log.warn(message, { code: 'OBJECT_TOO_LARGE', key, attribute });
      parts.reporter.problem({ code: 'OBJECT_TOO_LARGE', message, key, attribute });
    };
    const signal = AbortSignal.any([signals.hard, lease.lost]);
    const requireLease = (): void => lease.require();
    this.publisher = new Publisher({ ...parts.publishing, onOversized, requireLease }, epoch, signal);
  }

  /** The new epoch is stored before anything is published under it. */
  static async begin(parts: AgentParts, lease: Lease, signals: TermSignals): Promise<LeaderTerm> {
    const stored = await lease.readState();
    const state = new LeaseStateStore(stored, (json) => lease.writeState(json));
    await state.update((before) => ({ ...before, epoch: Math.max(before.epoch + 1, parts.clock.now()) }));
    return new LeaderTerm(parts, lease, state, signals);
  }

  /** @throws SyncError LEASE_LOST, or one whose disposition stops the agent. Returns after a clean stop. */
  async run(): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#soft, ended.signal]);
    const tasks = [this.#captureAgain(signal), runCommands(this.#parts, this, signal)];
    try {
      await Promise.all(tasks);
      // What was told last is noted in memory only where the directory went away with it; over a broken bus nobody waits.
      const saved = this.state.save().catch(() => undefined);
      await Promise.race([saved, this.#parts.clock.sleep(savedMs)]);
    } finally {
      ended.abort(new SyncError('LEASE_LOST', 'the term ended'));
      await Promise.allSettled(tasks);
    }
  }

  /** Makes the capture begin again with the state as it is now. */
  restartCapture(): void {
    this.#restart.abort();
    this.#restart = new AbortController();
    this.#changed.set();
  }

  async #captureAgain(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    for (let attempt = 0; !signal.aborted;) {
      if (this.state.current.configure === null) {
        await this.#awaitConfigure(signal);
        continue;
      }
      const restart = this.#restart.signal;
      try {
        await this.#capture(AbortSignal.any([signal, restart]), () => (attempt = 0));
      } catch (error) {
        if (isAborted(signal) || restart.aborted) continue;
        await this.#mend(error);
        await clock.sleep(growingPause(attempt++, random), signal);
      }
    }
  }

  async #awaitConfigure(signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#parts;
    log.info('waiting for "configure": publish rules that use this connector, and trust this agent');
    await Promise.race([this.#changed.wait(signal), clock.sleep(waitingNoticeMs, signal)]);
    this.#changed.take();
  }

  async #capture(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const { access, log, clock, patienceMs, status } = this.#parts;
    const waitedMs = this.#directory.since === null ? 0 : clock.now() - this.#directory.since;
    const isPatienceOver = waitedMs >= patienceMs;
    const told = this.state.current;
    const chosen = await chooseController(access, { told, isPatienceOver, now: clock.now() }, log);
    const { facts } = chosen;
    const namingContexts = this.#namingContexts(facts);
    await this.#prepareState(chosen, namingContexts);
    const captures: NamingContextCapture[] = [];
    const running: Promise<void>[] = [];
    const answered = (): void => {
      this.#directory.end();
      this.#parts.troubles.end('directory');
      onOpen();
    };
    try {
      for (const namingContext of namingContexts)
        captures.push(await this.#open(access, facts, namingContext, signal, answered));
      // Polls may be answered while each page of an import is refused: then the outage lasts until the import moves.
      if (!this.#isImporting(namingContexts)) answered();
      log.info('capturing', {
        server: facts.server,
        namingContext: namingContexts.join(' '),
        epoch: this.state.current.epoch,
      });
      status.onCapture(facts, this.state);
      this.desk.open(captures.map(({ context }) => context));
      void this.#count(facts, namingContexts, signal);
      if (isInDoubt(this.state.current))
        void watchDoubt(this.#parts, this.state, signal, () => this.restartCapture());
      running.push(...captures.map((capture) => capture.run()));
      await Promise.all(running);
    } finally {
      this.desk.close();
      for (const capture of captures) capture.close();
      // None may go on writing its place once the state is mended for the next.
      await Promise.allSettled(running);
    }
  }

  #open(
    access: DirectoryAccess,
    facts: ControllerFacts,
    namingContext: string,
    signal: AbortSignal,
    answered: () => void,
  ): Promise<NamingContextCapture> {
    const { log, clock, pollMs, file, status, reporter, troubles } = this.#parts;
    const { configure } = this.state.current;
    if (configure === null) throw new SyncError('CONFIG_INVALID', 'not configured yet');
    return NamingContextCapture.open({
      connector: file.connector,
      access,
      facts,
      namingContext,
      needs: captureNeeds(configure),
      draw: this.#draw,
      publisher: this.publisher,
      state: this.state,
      clock,
      log,
      pollMs,
      signal,
      isInDoubt: isInDoubt(this.state.current),
      problem: (problem) => reporter.problem(problem),
      troubles,
      onImported: () => {
        answered();
        status.onImported(this.state);
      },
      onLooked: (name, at) => status.onLooked(name, at),
    });
  }

  #namingContexts(facts: ControllerFacts): readonly string[] {
    const { namingContexts } = this.#parts.file.directory;
    if (namingContexts === 'auto') return [facts.defaultNamingContext];
    const held = new Set(facts.namingContexts.map((name) => name.toLowerCase()));
    const missing = namingContexts.filter((name) => !held.has(name.toLowerCase()));
    if (missing.length > 0)
      throw new SyncError('CONFIG_INVALID', `${facts.server} does not hold ${missing.join('; ')}`, {
        context: { server: facts.server },
      });
    return namingContexts;
  }

  /** Decides, before anything is read, whether everything has to be read. */
  async #prepareState(
    { facts, standing, isCertain }: ChosenController,
    namingContexts: readonly string[],
  ): Promise<void> {
    const { random, clock } = this.#parts;
    const before = this.state.current;
    // What was told in doubt is told again.
    let next =
      isCertain && isInDoubt(before) ? withNewImport(withoutDoubts(before), random, 'certain') : before;
    for (const namingContext of namingContexts) {
      const watermark = next.watermarks.find((one) => one.namingContext === namingContext);
      const place = next.import?.contexts.find((one) => one.namingContext === namingContext);
      if (watermark !== undefined && !isCertain && (standing === 'unknown' || standing === 'behind'))
        next = withDoubt(next, watermark, clock.now());
      if (watermark !== undefined && standing !== 'current')
        next = withoutWatermark(next, namingContext, random, standing);
      else if (
        watermark === undefined &&
        (next.import === null || next.import.attributes !== undefined || place?.isDone === true)
      ) {
        next = withNewImport(next, random, 'first import');
      } else if (place !== undefined && !place.isDone && place.invocationId !== facts.invocationId) {
        next = withImportAgain(next, random);
      }
    }
    if (standing === 'restored' || standing === 'caught-up')
      this.#tell('USN_ROLLBACK', `${facts.server} went back in time; everything is read again`);
    this.#tellDoubt(facts, before, next);
    if (next !== before) await this.state.update(() => next);
  }

  #tellDoubt({ server }: ControllerFacts, before: LeaseState, { doubts = [] }: LeaseState): void {
    const { log, troubles } = this.#parts;
    const [first] = doubts;
    if (first === undefined) {
      if (isInDoubt(before)) log.info('the directory is read without doubt again, completely', { server });
      troubles.end('doubt');
      return;
    }
    const code = 'LDAP_BEHIND';
    const message = `waiting was in vain; ${server} is read, though it may lack changes that ${first.told.server} told; what would delete, disable, remove, empty or rename on its word is held until that is certain`;
    if (troubles.begin('doubt', { code, message }, Date.parse(first.since))) log.warn(message, { code });
  }

  #tell(code: ErrorCode, message: string): void {
    this.#parts.log.warn(message, { code });
    this.#parts.reporter.problem({ code, message });
  }

  /** What can be mended is mended here; the rest is thrown again. */
  async #mend(error: unknown): Promise<void> {
    if (!(error instanceof SyncError)) throw error;
    if (unusableWatermark.has(error.code)) {
      this.#tell(error.code, `${error.message}; everything is read again`);
      await this.state.update((before) => withoutCookies(before, this.#parts.random, error.code));
    } else if (waitable.has(error.code)) {
      this.#directory.begin(error);
      if (error.code === 'LDAP_BEHIND') this.#tellBehind(error);
      else this.#tellOutage(error);
    } else throw error;
  }

  #tellOutage(error: SyncError): void {
    const { clock, troubles } = this.#parts;
    const { since } = this.#directory;
    if (since === null || clock.now() - since < outageToldMs) return;
    const message = `the directory does not answer: ${error.message}; the agent goes on where it was as soon as it does`;
    troubles.begin('directory', { code: error.code, message }, since);
  }

  /** At once, since waiting longer may not mend it: somebody answers, but may know less than was told. */
  #tellBehind({ code, message }: SyncError): void {
    const { log, troubles } = this.#parts;
    if (troubles.begin('directory/behind', { code, message })) log.warn(message, { code });
  }

  #isImporting(namingContexts: readonly string[]): boolean {
    const { import: wanted } = this.state.current;
    const isDone = (name: string): boolean =>
      wanted?.contexts.find(({ namingContext }) => namingContext === name)?.isDone === true;
    return wanted !== null && !namingContexts.every(isDone);
  }

  /** For the time left; an import does not wait for it, nor mind if it fails. */
  async #count(
    facts: ControllerFacts,
    namingContexts: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { access, status } = this.#parts;
    const { configure } = this.state.current;
    if (configure === null || !this.#isImporting(namingContexts)) return;
    try {
      let total = 0;
      for (const namingContext of namingContexts)
        total += await countObjects(access, facts, namingContext, configure.classes, signal);
      status.onCounted(total);
    } catch {
      // Then the total stays unknown.
    }
  }
}
