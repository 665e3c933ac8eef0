import {
  type ConsentState,
  dayAfter,
  HOLD_GROUNDS,
  type PurposeName,
  type StandingConsent,
} from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import type { HoldRow } from '../holds/index.js';
import type { Gate } from '../permits/index.js';

/** How a purpose stands with somebody, by its gate. */
export function consentState(purpose: PurposeName, gate: Gate | null): ConsentState {
  if (!gate || gate.state === 'destroyed') {
    return { purpose, state: 'none', permit: null, endsOn: null, dueOn: null };
  }
  const permit = gate.pseudonym ? (encodeId('psn', gate.pseudonym) as ConsentState['permit']) : null;
  const dueOn = gate.state === 'frozen' ? gate.due_on : null;
  return { purpose, state: gate.state, permit, endsOn: gate.ends_on, dueOn };
}

/** With what keeps it from being erased, and so the day on which it is, if nothing else is recorded until then. */
export function standingConsent(
  state: ConsentState,
  holds: readonly Pick<HoldRow, 'ground' | 'until_on'>[],
): StandingConsent {
  const kept = holds.map(({ ground, until_on: until }) => ({ ground, article: HOLD_GROUNDS[ground], until }));
  const days = kept.map(({ until }) => dayAfter(until, 1));
  const dueOn = state.dueOn && ([state.dueOn, ...days].sort().at(-1) ?? state.dueOn);
  return { ...state, dueOn, kept };
}
