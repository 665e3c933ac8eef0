import { proofCount, SeededRandom, seededRandom } from '@integument/testing';
import fc from 'fast-check';
import { expect } from 'vitest';

/** Somebody, and everything that is under way because of them. */
export interface Story<Step> {
  take(step: Step): Promise<void>;
  /** What is true whatever is under way. */
  hold(): Promise<void>;
  /** Everything arrives, in some order, and both halves say the same. */
  end(which: () => number): Promise<void>;
}

/**
 * Plays stories at random, and those that are given first. One that fails is played alone with `SEED` and `STORY` as the failure's
 * message has them: its seed and path.
 * @param tally what happened in them: stories in which nothing happens prove nothing
 */
export async function playStories<Step>(
  steps: fc.Arbitrary<Step[]>,
  begin: () => Promise<Story<Step>>,
  tally: Readonly<Record<string, number>>,
  given: readonly Step[][] = [],
): Promise<void> {
  const path = process.env.STORY;
  await fc.assert(
    // With an order of its own in which it ends: one that hung on the stories before it could not be played alone.
    fc.asyncProperty(steps, fc.nat(), async (sequence, order) => {
      const random = new SeededRandom(order);
      const story = await begin();
      for (const step of sequence) {
        await story.take(step);
        await story.hold();
      }
      await story.end(() => random.below(8));
    }),
    // What is left under way of one story is in the way of the next: a shorter one would fail for another reason.
    {
      numRuns: proofCount(60, 2_000),
      seed: seededRandom().seed,
      ...(path !== undefined && { path }),
      endOnFailure: true,
      examples: given.map((story): [Step[], number] => [story, 0]),
    },
  );
  if (path !== undefined) return;
  for (const [what, times] of Object.entries(tally)) expect(times, what).toBeGreaterThan(0);
}
