import type { Caller } from '@integument/authz';
import { CodedError, type RouteContract } from '@integument/contracts';
import type { HttpRequest } from '../request.js';
import { dpopChallenge, type ProofFault } from './challenge.js';

const REFUSALS: Readonly<Record<ProofFault, readonly [code: `auth.${string}`, text: string]>> = {
  invalid_token: [
    'auth.proof_required',
    'Send a token that is bound to your key, with a DPoP proof by that key.',
  ],
  invalid_dpop_proof: ['auth.proof_invalid', 'Send a new DPoP proof, made for this token and this request.'],
};

/**
 * A genuine token came without the key that it needs. It may be stolen, so it lets nobody in; but whose it is, is known, and
 * the refusal goes on record under that name.
 */
export class UnprovedToken extends CodedError {
  constructor(
    readonly caller: Caller,
    fault: ProofFault,
    cause?: unknown,
  ) {
    const [code, text] = REFUSALS[fault];
    super(code, 401, text, { cause, headers: { 'www-authenticate': dpopChallenge(fault) } });
  }
}

/** Whether a client that is registered to prove its key has not done so. */
export function lacksProof(caller: Caller | null, request: HttpRequest): boolean {
  return caller?.kind === 'client' && caller.dpop === true && !request.proved;
}

/** @throws {UnprovedToken} where the client, or the route whichever client it is, wants a proof and there was none */
export function checkProof(contract: RouteContract, caller: Caller | null, request: HttpRequest): void {
  if (caller?.kind !== 'client' || request.proved) return;
  if (contract.dpop || caller.dpop) throw new UnprovedToken(caller, 'invalid_token');
}
