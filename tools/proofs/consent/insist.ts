import { setTimeout as sleep } from 'node:timers/promises';
import { type Done, isAcknowledged, type Outcome } from '../kills/attempt.js';

/** A killed process is back in seconds; on a busy machine with many of them in a minute or two. */
export const BACK_WITHIN_MS = 180_000;
const PAUSE_MS = 50;

/** Asks until the app answers with success, as often as processes may be away. */
export async function insist<T>(what: string, ask: () => Promise<Outcome<T>>): Promise<Done<T>> {
  const deadline = performance.now() + BACK_WITHIN_MS;
  while (performance.now() < deadline) {
    const outcome = await ask();
    if (isAcknowledged(outcome)) return outcome;
    await sleep(PAUSE_MS);
  }
  throw new Error(`${what} is not answered any more`);
}
