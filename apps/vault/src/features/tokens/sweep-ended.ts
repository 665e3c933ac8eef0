import type { UnitOfWork } from '@integument/database';
import type { TokensStore } from './tokens.store.js';

/** rows of one statement: few enough that nobody waits for it */
const AT_ONCE = 2_000;

/**
 * Removes all tokens that have ended, however many those are: links that work once can end faster than any fixed number a minute. One
 * connection and one short transaction at a time; what another process holds is left to it.
 * @returns how many
 */
export async function sweepEnded(
  unitOfWork: UnitOfWork,
  store: TokensStore,
  stop: AbortSignal,
  atOnce = AT_ONCE,
): Promise<number> {
  let swept = 0;
  for (let some = atOnce; some === atOnce && !stop.aborted; swept += some) {
    some = await unitOfWork.single((tx) => store.sweepExpired(tx, atOnce));
  }
  return swept;
}
