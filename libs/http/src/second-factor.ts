import type { Caller, StaffCaller } from '@integument/authz';
import { CodedError, type RouteContract } from '@integument/contracts';

const STEP_UP_SECONDS = 300;

/**
 * Staff come in with two factors. A session that has used only the first reaches what leads to the second and nothing else: the
 * exceptions are declared at the routes, so that a new route is closed to it unless somebody has opened it.
 * @throws {CodedError} `auth.factor_required`
 */
export function checkFactor(contract: RouteContract, caller: Caller | null): void {
  if (caller?.kind !== 'staff' || caller.secondFactorAt || contract.factor === 'optional') return;
  // There a member of staff is as good as a stranger, unless the route is for staff, too.
  if (contract.audience.includes('public') && !contract.audience.includes('staff')) return;
  throw new CodedError('auth.factor_required', 403, 'Use a second factor first, or enrol one.');
}

/**
 * @param now milliseconds since the epoch; asked for only where it matters
 * @throws {CodedError} `auth.step_up_required` where the route wants a factor that was used just now
 */
export function checkStepUp(contract: RouteContract, caller: Caller | null, now: () => number): void {
  if (!contract.stepUp || caller?.kind !== 'staff') return;
  if (!hasSteppedUp(caller, now())) throw stepUpRequired();
}

/** Whether a second factor was used within the last five minutes. @param now milliseconds */
export function hasSteppedUp({ secondFactorAt }: StaffCaller, now: number): boolean {
  // A moment that is none compares as false, and so is too long ago.
  return secondFactorAt !== undefined && now - secondFactorAt.getTime() <= STEP_UP_SECONDS * 1_000;
}

/** The challenge is that of RFC 9470, section 3, so that a program knows how fresh it has to be. */
export function stepUpRequired(): CodedError {
  return new CodedError('auth.step_up_required', 403, 'Use a second factor again: this wants a fresh one.', {
    headers: {
      'www-authenticate': `Bearer error="insufficient_user_authentication", max_age="${STEP_UP_SECONDS}"`,
    },
  });
}
