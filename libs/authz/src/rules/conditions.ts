import { isWithin, type RuleAlternative } from '@integument/contracts';
import type { Caller } from '../caller.js';

/** What a request is about, as far as rules can ask. What is absent matches no condition. */
export interface About {
  readonly purpose?: string | undefined;
  /** of all that is read or written; each must be among those that a rule names */
  readonly category?: readonly string[] | undefined;
  readonly reason?: { readonly code: string; readonly reference: string } | undefined;
}

/**
 * Whether all conditions hold but that on the region, which the database decides.
 * @param about null: not known yet, so whatever asks for it may still hold
 */
export function mayHold(conditions: RuleAlternative, about: About | null, at: number): boolean {
  if (conditions.hours && !isWithin(conditions.hours, at)) return false;
  if (!about) return true;
  const { purpose, category, ticket, reasons } = conditions;
  return (
    isAmong(about.purpose, purpose) &&
    areAmong(about.category, category) &&
    isTicket(about.reason?.reference, ticket) &&
    isAmong(about.reason?.code, reasons)
  );
}

/** @returns null: wherever they live */
export function regionsIn(
  { region }: { readonly region?: 'own' | readonly string[] | undefined },
  caller: Caller,
): readonly string[] | null {
  if (region === undefined) return null;
  return region === 'own' ? ownRegions(caller) : region;
}

export function isAmong(word: string | undefined, words: readonly string[] | undefined): boolean {
  return words === undefined || (word !== undefined && words.includes(word));
}

export function isTicket(
  reference: string | undefined,
  ticket: 'required' | readonly string[] | undefined,
): boolean {
  if (ticket === undefined) return true;
  if (reference === undefined) return false;
  return ticket === 'required' || ticket.some((prefix) => reference.startsWith(`${prefix}-`));
}

function areAmong(some: readonly string[] | undefined, words: readonly string[] | undefined): boolean {
  if (words === undefined) return true;
  // Of nothing at all nothing is known: that is no reason to say yes.
  return some !== undefined && some.length > 0 && some.every((word) => words.includes(word));
}

function ownRegions(caller: Caller): readonly string[] {
  return caller.kind === 'staff' ? (caller.regions ?? []) : [];
}
