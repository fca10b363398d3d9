import type { Laptop } from '../laptop.ts';
import type { Cloud } from './cloud.ts';
import type { DirectoryClient } from './directory-client.ts';
import { expectedPicture } from './expectation.ts';
import { compare, type Comparison, type Picture, type Shown } from './picture.ts';
import { company } from './seed-directory.ts';

/** Both sides, and what is expected of the cloud beyond the directory: objects whose deletion is held stay as they were. */
export class World {
  readonly laptop: Laptop;
  readonly client: DirectoryClient;
  readonly cloud: Cloud;
  readonly users: number;
  #kept: Picture = new Map();

  constructor(laptop: Laptop, client: DirectoryClient, cloud: Cloud, users: number) {
    this.laptop = laptop;
    this.client = client;
    this.cloud = cloud;
    this.users = users;
  }

  async expected(): Promise<Picture> {
    const now = expectedPicture(await this.client.readAll(`${company},${this.client.baseDn}`));
    return withKept(now, this.#kept);
  }

  /** @param before the picture while these objects were still in the directory. */
  keep(anchors: ReadonlySet<string>, before: Picture): void {
    const kept = new Map<string, Shown>();
    for (const [anchor, shown] of before) {
      if (anchors.has(anchor)) kept.set(anchor, shown);
      const members = new Set([...shown.members].filter((member) => anchors.has(member)));
      if (members.size > 0) kept.set(anchor, { ...shown, members });
    }
    this.#kept = kept;
  }

  async compare(): Promise<Comparison> {
    const [expected, { picture }] = await Promise.all([this.expected(), this.cloud.state()]);
    return compare(expected, picture);
  }

  async isEqual(anchors: ReadonlySet<string>): Promise<boolean> {
    const [expected, { picture }] = await Promise.all([this.expected(), this.cloud.state()]);
    const only = (whole: Picture): Picture => new Map([...whole].filter(([anchor]) => anchors.has(anchor)));
    return compare(only(expected), only(picture)).differences.length === 0;
  }
}

/** A kept group gives its kept members back to the group; a kept user is added. */
function withKept(now: Picture, kept: Picture): Picture {
  const whole = new Map(now);
  for (const [anchor, shown] of kept) {
    const present = now.get(anchor);
    whole.set(
      anchor,
      present === undefined
        ? shown
        : { ...present, members: new Set([...present.members, ...shown.members]) },
    );
  }
  return whole;
}
