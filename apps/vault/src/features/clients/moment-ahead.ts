import { CREDENTIAL_DAYS_AHEAD } from '@integument/contracts';
import { timeOutOfRange } from './clients.errors.js';

const FARTHEST_MS = CREDENTIAL_DAYS_AHEAD * 86_400_000;

/**
 * @param text ISO 8601
 * @returns null for now, where none is named
 */
export function momentAhead(text: string | undefined, now: number): Date | null {
  if (text === undefined) return null;
  const ahead = Date.parse(text) - now;
  if (!(ahead > 0 && ahead <= FARTHEST_MS)) throw timeOutOfRange();
  return new Date(text);
}
