import { type CohortFacts, storeCohortFacts } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { ask } from './ask.js';
import type { Browser } from './browser.js';
import { agreeTo, newcomer } from './newcomer.js';

export const FACTS: CohortFacts = {
  skinType: 'dry',
  concerns: ['acne'],
  productsUsed: 3,
  routineSteps: 2,
  interactions: 0,
};

/** As many as a number has to be of at most, with the usual settings. */
const ENOUGH = 14;

/** Somebody who agreed to be counted, and has said nothing yet. */
export async function countable(info: PlatformInfo): Promise<Browser> {
  const { browser } = await newcomer(info);
  await agreeTo(info, browser, 'analytics');
  return browser;
}

/** Enough people of one kind to be told of. */
export async function cohort(info: PlatformInfo, facts = FACTS, count = ENOUGH): Promise<Browser[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const browser = await countable(info);
      await ask(browser, info.urls.api, storeCohortFacts, { body: facts });
      return browser;
    }),
  );
}
