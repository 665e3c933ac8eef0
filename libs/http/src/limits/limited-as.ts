import { type Caller, callerId } from '@integument/authz';
import ipaddr from 'ipaddr.js';
import type { LimitedKind } from './limit-settings.js';

/** Whose allowance a request is taken from. */
export interface LimitedAs {
  readonly kind: LimitedKind;
  /** Unlike that of anybody else, across kinds too. Never leaves the process as it is. */
  readonly whose: string;
}

/** What a person gets at home, and the least that a provider gives out: its addresses are all one sender's (RFC 6177). */
const IPV6_BYTES = 8;

/**
 * By what was proved of the caller, never by what a request says of itself: a stranger who names somebody's client id is
 * counted by the address.
 * @returns null for our own processes, which are not limited
 */
export function limitedCaller(caller: Caller): LimitedAs | null {
  switch (caller.kind) {
    case 'process':
      return null;
    case 'client':
      // A token for the other app's client is refused here by name, and must not spend what a namesake has.
      return { kind: 'client', whose: `client ${caller.use} ${caller.clientId}` };
    case 'staff':
      // Each by itself: whoever has only the password must spend neither what the owner has, nor the owner's way to a factor.
      if (!caller.secondFactorAt) return { kind: 'staff', whose: `staff without factor ${caller.session}` };
      return { kind: 'staff', whose: `staff ${callerId(caller)}` };
    default:
      return { kind: caller.kind, whose: `${caller.kind} ${callerId(caller)}` };
  }
}

/** @param address as the listener sees it, or as a trusted proxy says; what is no address counts as one together */
export function limitedAddress(address: string | undefined): LimitedAs {
  return { kind: 'stranger', whose: `address ${networkOf(address)}` };
}

function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'none';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return Buffer.from(parsed.toByteArray().slice(0, IPV6_BYTES)).toString('hex');
}
