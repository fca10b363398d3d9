import type { DirectoryWorld } from './directory-world.ts';

/** One behaviour of the directory; its name is its identity for exceptions. */
export interface DirectoryCase {
  readonly name: string;
  run(world: DirectoryWorld): Promise<void>;
}
