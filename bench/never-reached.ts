/** A load is one client's, as fast as it can be sent: its requests are counted like any, and never too many. */
export const NEVER_REACHED = never('check', 'read', 'write', 'bulk', 'reveal');
export const NEVER_REACHED_BY_STAFF = never('read', 'write', 'bulk', 'reveal');

function never(...classes: string[]): string {
  return classes.map((name) => `${name}=100000000`).join(',');
}
