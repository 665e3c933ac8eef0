import type { PreferenceEvent } from '@integument/contracts';
import { context, open, seal } from '@integument/crypto';
import { keyedDigest } from '../permits/index.js';
import type { EventRow } from './recommendations.store.js';

interface Timed {
  readonly at: number;
  readonly event: PreferenceEvent;
}

/** @param at ms since the epoch; the time is sealed with the event, no column has it */
export function sealEvent(key: Buffer, pseudonym: Buffer, event: PreferenceEvent, at: number): EventRow {
  const eventId = keyedDigest(key, 'event', event.event);
  const text = Buffer.from(JSON.stringify({ at, event } satisfies Timed));
  return { eventId, sealed: seal(key, text, eventPlace(pseudonym, eventId)) };
}

/** @returns the events, the oldest first */
export function openEvents(key: Buffer, pseudonym: Buffer, rows: readonly EventRow[]): PreferenceEvent[] {
  return rows
    .map(({ eventId, sealed }) => {
      const text = open(key, sealed, eventPlace(pseudonym, eventId)).toString('utf8');
      return JSON.parse(text) as Timed;
    })
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

function eventPlace(pseudonym: Buffer, eventId: Buffer): Buffer {
  return context('preference_event', pseudonym, 'recommendation', eventId);
}
