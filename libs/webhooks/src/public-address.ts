import ipaddr from 'ipaddr.js';

/** Global by their number and yet inside: the host of Azure's machines answers its guests there. */
const INSIDE: ReadonlySet<string> = new Set(['168.63.129.16']);
/** What IANA has given out for the Internet; what lies beside it leads nowhere, or somewhere that nobody has declared. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Whether an address, as an operating system writes it, is on the public Internet. Anything else is not: private and link-local ones,
 * those of documents, and whatever carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo), whatever that one is.
 */
export function isPublicAddress(address: string): boolean {
  // A zone belongs to link-local addresses, and the parser takes it on any.
  if (address.includes('%') || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' ? !INSIDE.has(parsed.toString()) : parsed.match(GLOBAL_UNICAST);
}
