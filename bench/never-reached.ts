/** A load is one client's, as fast as it can be sent: its requests are counted like any, and never too many. */
export const NEVER_REACHED = ['check', 'read', 'write', 'bulk', 'reveal']
  .map((name) => `${name}=100000000`)
  .join(',');
