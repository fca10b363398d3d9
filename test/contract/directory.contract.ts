import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bindCases } from './support/directory/bind-cases.ts';
import { dirSyncCases } from './support/directory/dir-sync-cases.ts';
import { openDirectoryWorld } from './support/directory/directory-world.ts';
import type { DirectoryFixture } from './support/directory/fixture.ts';
import { linkCases } from './support/directory/link-cases.ts';
import { rightsCases } from './support/directory/rights-cases.ts';
import { searchCases } from './support/directory/search-cases.ts';
import { tombstoneCases } from './support/directory/tombstone-cases.ts';
import { writeCases } from './support/directory/write-cases.ts';

interface DirectoryContractOptions {
  /** Case name to cause: what this directory is known to do otherwise. It must still fail, or the exception goes. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** Why no directory can be had here; every case is then skipped by this cause. */
  readonly unavailable?: string | undefined;
}

const directoryCases = [
  ...bindCases,
  ...searchCases,
  ...dirSyncCases,
  ...tombstoneCases,
  ...linkCases,
  ...rightsCases,
  ...writeCases,
];

/** The behaviour of Active Directory that the product relies on, the same cases for every directory. */
export function describeDirectoryContract(
  name: string,
  makeFixture: () => Promise<DirectoryFixture>,
  { exceptions = {}, unavailable }: DirectoryContractOptions = {},
): void {
  describe(`directory contract: ${name}`, () => {
    let fixture: DirectoryFixture | undefined;
    beforeAll(async () => {
      if (unavailable === undefined) fixture = await makeFixture();
    });
    afterAll(async () => {
      await fixture?.stop();
    });

    const run = async (directoryCase: (typeof directoryCases)[number]) => {
      if (fixture === undefined) throw new Error('the fixture did not start');
      const world = await openDirectoryWorld(fixture);
      try {
        await directoryCase.run(world);
      } finally {
        await world.close();
      }
    };

    for (const directoryCase of directoryCases) {
      const cause = exceptions[directoryCase.name];
      const title = cause === undefined ? directoryCase.name : `${directoryCase.name} (exception: ${cause})`;
      it(title, async (context) => {
        if (unavailable !== undefined) context.skip(unavailable);
        if (cause === undefined) await run(directoryCase);
        else await expect(run(directoryCase), 'holds here now: remove the exception').rejects.toThrow();
      });
    }

    it('declares exceptions for cases that exist, each case once', () => {
      const names = directoryCases.map((directoryCase) => directoryCase.name);
      expect(Object.keys(exceptions).filter((exception) => !names.includes(exception))).toEqual([]);
      expect(names).toHaveLength(new Set(names).size);
    });
  });
}
