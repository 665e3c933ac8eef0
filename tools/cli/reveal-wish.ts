import { REVEAL_PURPOSES, type Reason, type RevealPurpose, reason } from '@integument/contracts';
import { WrongUse } from './failure.js';

/** What plain values are wanted for. */
export interface RevealWish {
  readonly purpose: RevealPurpose;
  readonly reason: Reason;
}

/** @param why `order:ORDER-7` @throws {WrongUse} */
export function readRevealWish(purpose: string | undefined, why: string | undefined): RevealWish {
  const known = REVEAL_PURPOSES.find((one) => one === purpose);
  if (!known) throw new WrongUse(`--purpose is one of ${REVEAL_PURPOSES.join(', ')}`);
  const [code, reference] = (why ?? '').split(':');
  const parsed = reason.safeParse({ code, reference });
  if (!parsed.success) throw new WrongUse('--reason is a code and a reference, such as order:ORDER-7');
  return { purpose: known, reason: parsed.data };
}
