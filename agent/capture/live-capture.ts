import { captureFilter, nothingFilter } from '../../shared/adapters/active-directory/filters.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import type { Watermark } from '../lease/lease-state.ts';
import { changeHeader, type CaptureContext } from './capture-context.ts';
import { DeltaHarvest, type FollowUps, type HarvestedChange } from './delta-harvest.ts';
import { followUpReads } from './object-reading.ts';
import { withOwed } from './owed-names.ts';
import { deltaBookkeeping } from './read-entry.ts';

/** A poll with more changes than this is a storm: what is not urgent goes by the bulk lane. */
const liveChangesMax = 500;
/** How often a cookie is stored that moved past nothing of ours. */
const idleStoreMs = 5_000;

export interface PollResult {
  /** Whether anything of ours had changed. */
  readonly isRelevant: boolean;
  /** How long the domain controller was kept busy. */
  readonly ms: number;
}

interface Page {
  readonly more: boolean;
  readonly cookie: Buffer;
  readonly followUps: FollowUps;
  readonly isRelevant: boolean;
}

/** Reads what changed by DirSync and publishes it; the watermark follows once the broker has accepted. */
export class LiveCapture {
  readonly #context: CaptureContext;
  readonly #onMoved: () => void;
  #cookie: Buffer;
  #storedAt = 0;

  private constructor(context: CaptureContext, cookie: Buffer, onMoved: () => void) {
    this.#context = context;
    this.#cookie = cookie;
    this.#onMoved = onMoved;
  }

  /** Goes on from the watermark; without one, takes a cookie now, before anything else is read. */
  static async start(context: CaptureContext, onMoved: () => void): Promise<LiveCapture> {
    const known = context.state.current.watermarks.find((one) => one.namingContext === context.namingContext);
    const capture = new LiveCapture(context, Buffer.from(known?.cookie ?? '', 'base64'), onMoved);
    if (capture.#cookie.length === 0) await capture.#takeCookie();
    return capture;
  }

  /** @param usn the server's highest when it was last looked at. */
  async poll(usn: bigint): Promise<PollResult> {
    const { clock, reader } = this.#context;
    let isRelevant = false;
    let ms = 0;
    for (let more = true; more;) {
      const page = await reader.exclusive(async () => {
        const began = clock.now();
        const read = await this.#page();
        ms += clock.now() - began;
        return read;
      });
      await followUpReads(this.#context, page.followUps);
      this.#cookie = page.cookie;
      await this.#store(usn, page.isRelevant, page.followUps.moved);
      more = page.more;
      isRelevant ||= page.isRelevant;
    }
    return { isRelevant, ms };
  }

  /** Nothing was written since the last poll: time to read the exact account of what was told otherwise. */
  async settle(usn: bigint): Promise<void> {
    if (this.#context.told.isLoose) await this.#store(usn, false, []);
  }

  /** A DirSync that matches nothing: yields a cookie of this moment, and with it nothing is missed from now on. */
  async #takeCookie(): Promise<void> {
    const { reader, facts } = this.#context;
    await reader.exclusive(async () => {
      for (let more = true; more;) {
        const request = { filter: nothingFilter(), attributes: ['name'], cookie: this.#cookie };
        const answer = await reader.dirSync(request, () => Promise.resolve());
        this.#cookie = answer.cookie;
        more = answer.more;
      }
      await this.#store(facts.highestUsn, true, []);
    });
  }

  async #page(): Promise<Page> {
    const { reader, needs } = this.#context;
    const harvest = new DeltaHarvest(this.#context);
    const lanes = new Lanes(this.#context, reader.draw());
    const attributes = [
      ...new Set([...needs.attributes.values(), ...needs.links.values(), ...deltaBookkeeping]),
    ];
    const request = { filter: captureFilter(needs.configure.classes), attributes, cookie: this.#cookie };
    const answer = await reader.dirSync(request, async (entries) => {
      for (const entry of entries) harvest.take(entry);
      if (harvest.size > liveChangesMax) await lanes.put(await harvest.settle());
    });
    await lanes.put(await harvest.settle());
    await lanes.flush();
    const { followUps } = harvest;
    return { ...answer, followUps, isRelevant: lanes.count > 0 || hasAny(followUps) };
  }

  /** Names owed to what lies below moved containers are stored together with the watermark that passes the move. */
  async #store(usn: bigint, isRelevant: boolean, moved: readonly string[]): Promise<void> {
    const { clock, state, namingContext, facts, tree, told, log } = this.#context;
    const now = clock.now();
    if (!isRelevant && now - this.#storedAt < idleStoreMs) return;
    // A change of ours is the only thing that another domain controller must not lack.
    const known = isRelevant || told.isLoose ? null : told.current;
    const coverage = known ?? (await told.tighten());
    const watermark: Watermark = {
      namingContext,
      server: facts.server,
      url: facts.url,
      invocationId: facts.invocationId,
      cookie: this.#cookie.toString('base64'),
      usn: String(usn),
      at: new Date(now).toISOString(),
      ...coverage,
    };
    await state.update((before) => ({
      ...before,
      watermarks: [...before.watermarks.filter((one) => one.namingContext !== namingContext), watermark],
      owed: withOwed(before.owed, namingContext, moved, tree),
    }));
    this.#storedAt = now;
    log.debug('the watermark is stored', { namingContext });
    if (moved.length > 0) this.#onMoved();
  }
}

function hasAny({ undeleted, unclear, moved }: FollowUps): boolean {
  return undeleted.length + unclear.length + moved.length > 0;
}

/** Decides the lane: everything live, until there is so much that only what is urgent may go first. */
class Lanes {
  readonly #context: CaptureContext;
  readonly #version: Version;
  #held: HarvestedChange[] = [];
  #isStorm = false;
  count = 0;

  constructor(context: CaptureContext, version: Version) {
    this.#context = context;
    this.#version = version;
  }

  async put(changes: readonly HarvestedChange[]): Promise<void> {
    this.count += changes.length;
    this.#held.push(...changes);
    if (this.#held.length > liveChangesMax) this.#isStorm = true;
    if (this.#isStorm) await this.flush();
  }

  async flush(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    const { publisher } = this.#context;
    const urgent = held.filter(({ isUrgent }) => isUrgent || !this.#isStorm);
    const rest = held.filter(({ isUrgent }) => !isUrgent && this.#isStorm);
    const changes = (of: readonly HarvestedChange[]) => of.map(({ change }) => change);
    await publisher.changes(changeHeader(this.#context, this.#version, 'live'), changes(urgent));
    await publisher.changes(changeHeader(this.#context, this.#version, 'bulk'), changes(rest));
  }
}
