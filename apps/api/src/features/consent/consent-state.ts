import type { ConsentState, PurposeName } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
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
