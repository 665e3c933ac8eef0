import type { From } from '@integument/audit-log';
import type { Caller } from '@integument/authz';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import type { HttpRequest } from './request.js';

/** What is the same for every request of a listener and belongs into each of its audit entries. */
export interface Provenance {
  readonly listener: From['listener'];
  /** which rules decide here; empty until the routes are known, and no request comes in before */
  policy: string;
}

const IPV4_BITS = 24;
const IPV6_BITS = 48;

// Most requests come from few places; parsing and formatting an address each time would cost as much as the entry.
const networks = new LRUCache<string, string>({ max: 10_000 });

/** What is known of a request besides who asks. */
export interface Circumstances {
  readonly requestId: string;
  /** absent where no request is behind it */
  readonly from?: From;
  /** version of the rules that decide: of the code, and of the stored ones where those could narrow it */
  readonly policy?: string;
}

export function circumstancesOf(request: HttpRequest): Circumstances {
  const { listener, policy } = request.server.provenance;
  const network = networkOf(request.ip);
  return {
    requestId: request.id,
    from: network === undefined ? { listener } : { listener, network },
    policy: request.ruledBy ? `${policy}.${request.ruledBy.mark}` : policy,
  };
}

/**
 * Where a request came from, as the audit log may say it of this caller: the network of staff and clients. An address stands
 * for one household, and a person's would join what they do in one purpose with another: of people nothing is written.
 */
export function fromOf(caller: Caller, from: From | undefined): From | undefined {
  if (!from || caller.kind === 'staff' || caller.kind === 'client') return from;
  return { listener: from.listener };
}

/** @returns `203.0.113.0/24` or `2001:db8:1::/48`; undefined for what is no IP address */
export function networkOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const known = networks.get(address);
  if (known !== undefined) return known;
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  const bits = parsed.kind() === 'ipv4' ? IPV4_BITS : IPV6_BITS;
  const bytes = parsed.toByteArray().map((byte, at) => (at < bits / 8 ? byte : 0));
  const network = `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
  networks.set(address, network);
  return network;
}
