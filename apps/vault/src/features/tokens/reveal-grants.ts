import type { Caller } from '@integument/authz';
import { CodedError } from '@integument/contracts';
import { grouped } from '../../platform/grouped.js';
import type { TokenField } from '../catalogue/index.js';
import { isLimited, type RevealDecision, type RevealDecisions, type RevealGrant } from '../reveals/index.js';
import { tokenNotFound } from './tokens.errors.js';

export type GrantOf = (field: TokenField, region: string | null) => RevealGrant | CodedError;

/** What is decided about a field is decided once for a request, whichever token it is of. */
export function grantsBy(decision: RevealDecision): (field: TokenField) => RevealGrant | CodedError {
  const known = new Map<TokenField, RevealGrant | CodedError>();
  return (field) => {
    const before = known.get(field);
    if (before) return before;
    const granted = decided(decision, field);
    known.set(field, granted);
    return granted;
  };
}

/**
 * The same where a policy has an allowance: it is taken from before anything is told, for all tokens of a field and a region together, and
 * where they don't all fit none of these is told.
 */
export async function takenGrants(
  decisions: RevealDecisions,
  caller: Caller,
  grantOf: (field: TokenField) => RevealGrant | CodedError,
  wanted: readonly { readonly field: TokenField; readonly region: string | null }[],
): Promise<GrantOf> {
  const taken = new Map<string, RevealGrant | CodedError>();
  for (const some of grouped(wanted, placeOf)) {
    const [one] = some;
    const granted = one && grantOf(one.field);
    if (!one || !granted) continue;
    taken.set(placeOf(one), await take(decisions, caller, granted, one.region, some.length));
  }
  // Who has moved since, to where nothing was taken for: as if there were no such token.
  return (field, region) => taken.get(placeOf({ field, region })) ?? tokenNotFound();
}

async function take(
  decisions: RevealDecisions,
  caller: Caller,
  granted: RevealGrant | CodedError,
  region: string | null,
  uses: number,
): Promise<RevealGrant | CodedError> {
  if (granted instanceof CodedError || !isLimited(granted)) return granted;
  const taken = await decisions.takeFrom(granted, caller, region, uses);
  if (taken instanceof Error && !(taken instanceof CodedError)) throw taken;
  return taken ?? tokenNotFound();
}

function decided(decision: RevealDecision, field: TokenField): RevealGrant | CodedError {
  try {
    return decision.grant([field]);
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

function placeOf({ field, region }: { readonly field: TokenField; readonly region: string | null }): string {
  return `${field.name} ${region ?? ''}`;
}
