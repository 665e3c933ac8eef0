import { type OptOutKind, PURPOSE_NAMES, type PurposeName } from '@integument/contracts';
import type { OfferedPurpose, Register } from '../register/index.js';

/** Which purposes an opt-out stops: those whose data third parties get, and those for which nobody comes here. */
const CONCERNED: Readonly<Record<OptOutKind, (purpose: OfferedPurpose) => boolean>> = {
  'sale-or-sharing': ({ recipients }) => recipients.some(({ role }) => role === 'controller'),
  'limit-use': ({ article9, isAsked }) => article9 !== null && !isAsked,
};

/** Of all that are declared: what is offered no more goes on for those who agreed to it. */
export function concernedBy(kind: OptOutKind, register: Register): PurposeName[] {
  return PURPOSE_NAMES.filter((purpose) => CONCERNED[kind](register.declared(purpose)));
}
