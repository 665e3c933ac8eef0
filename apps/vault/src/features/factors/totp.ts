import { generateSecret, generateURI, verifySync } from 'otplib';

const STEP_SECONDS = 30;
const SIX_DIGITS = /^[0-9]{6}$/;

/** A fresh secret of 160 bits in base 32, as RFC 4226, section 4 recommends. */
export function newTotpSecret(): string {
  return generateSecret();
}

/** What authenticator apps read: SHA-1, six digits, 30 seconds, since many know nothing else. */
export function totpUri(secret: string, label: string): string {
  return generateURI({ issuer: 'Integument', label, secret });
}

/**
 * Finds the time step that a code belongs to (RFC 6238), of this moment's, the one before and the one after.
 * @param code six ASCII digits: a blank or another script's digit would make a second text of the same code, and a code that
 *   was used could be used again as that (CVE-2025-6014)
 * @param now milliseconds
 * @returns null for any other code
 */
export function totpStepOf(secret: string, code: string, now: number): number | null {
  if (!SIX_DIGITS.test(code)) return null;
  const epoch = Math.floor(now / 1_000);
  const found = verifySync({ secret, token: code, epoch, epochTolerance: STEP_SECONDS });
  return found.valid && 'timeStep' in found ? found.timeStep : null;
}
