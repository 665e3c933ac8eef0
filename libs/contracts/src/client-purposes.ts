import { z } from 'zod';
import { REVEAL_PURPOSES } from './people.js';
import { PURPOSE_NAMES } from './purposes.js';

/** A client is for identity or for health, never both: its server would join the two. */
export const CLIENT_USES = ['identity', 'health'] as const;
export type ClientUse = (typeof CLIENT_USES)[number];

/** What clients can be registered for: to reveal identity for, or to process health data for. */
const OF_USE = { identity: REVEAL_PURPOSES, health: PURPOSE_NAMES } as const;
export type ClientPurpose = (typeof OF_USE)[ClientUse][number];

export const clientPurposes = z
  .array(z.enum([...REVEAL_PURPOSES, ...PURPOSE_NAMES]))
  .max(REVEAL_PURPOSES.length + PURPOSE_NAMES.length);

/** Whether a client of this use can be registered for these purposes. */
export function areOfUse(use: ClientUse, purposes: readonly ClientPurpose[]): boolean {
  const ofUse: readonly ClientPurpose[] = OF_USE[use];
  return purposes.every((purpose) => ofUse.includes(purpose));
}

/** For what a client's word is taken, where nobody else could know: consents from before, and who answers for whom. */
export const VOUCHED = ['consents', 'guardianships'] as const;
export type Vouched = (typeof VOUCHED)[number];

export const vouchesFor = z.array(z.enum(VOUCHED)).max(VOUCHED.length).default([]);

/** Whether a client of this use can be registered to vouch for these. */
export function canVouch(use: ClientUse, vouched: readonly Vouched[]): boolean {
  return use === 'identity' || vouched.length === 0;
}

/** A set of names in one order, so that it has one digest. */
export function inOneOrder<Name extends string>(names: readonly Name[]): Name[] {
  return [...new Set(names)].sort();
}
