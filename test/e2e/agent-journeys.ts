import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';
import { JourneyStage, type Journey } from './journeys/journey-stage.ts';
import { describeLifeJourneys } from './journeys/life-journeys.ts';
import { describeMemberJourneys } from './journeys/member-journeys.ts';
import { describeObjectJourneys } from './journeys/object-journeys.ts';
import { describeTermJourneys } from './journeys/term-journeys.ts';

/** A running agent on a directory that had some objects before it came, and everything that happens to them. */
export function describeAgentJourneys(
  name: string,
  makeFixture: () => Promise<DirectoryFixture>,
  options: { readonly unavailable?: string | undefined } = {},
): void {
  describe(`${name}: what an agent tells`, () => {
    let stage: JourneyStage;
    const started: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      if (options.unavailable !== undefined) return;
      stage = await JourneyStage.open(makeFixture, started);
    }, 120_000);
    afterAll(async () => {
      for (const release of started.reverse()) await release();
    });

    const journey: Journey = (title, run) => {
      it(title, async (context: TestContext) => {
        if (options.unavailable !== undefined) context.skip(options.unavailable);
        await run(stage);
        expect(stage.lab.faults).toEqual([]);
        expect(stage.lab.messages.filter(({ queue }) => queue === 'poison')).toEqual([]);
      });
    };
    // In this order: the first looks at what was told before anything happened, the last at new agents.
    describeObjectJourneys(journey);
    describeMemberJourneys(journey);
    describeLifeJourneys(journey);
    describeTermJourneys(journey);
  });
}
