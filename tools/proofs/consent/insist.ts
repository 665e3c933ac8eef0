import { setTimeout as sleep } from 'node:timers/promises';
import { type Done, isAcknowledged, type Outcome } from '../kills/attempt.js';

const TRIES = 400;
const PAUSE_MS = 50;

/** Asks until the app answers with success, as often as processes may be away. */
export async function insist<T>(what: string, ask: () => Promise<Outcome<T>>): Promise<Done<T>> {
  for (let tries = 0; tries < TRIES; tries++) {
    const outcome = await ask();
    if (isAcknowledged(outcome)) return outcome;
    await sleep(PAUSE_MS);
  }
  throw new Error(`${what} is not answered any more`);
}
