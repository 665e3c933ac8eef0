import type { Policy } from '@integument/authz';
import type { IdentityClient } from '../../platform/callers.js';

/**
 * Identity clients work on the people they have a name for (the store's WHERE sees to that), staff through the console,
 * people on themselves.
 */
export const peoplePolicy: Policy = (can, caller) => {
  if (caller.kind === 'client' && caller.use === 'identity') {
    for (const action of ['enrol', 'read', 'update', 'erase']) can(action, 'Person');
    const { revealPurposes } = caller as IdentityClient;
    // A list of none matches nothing, but CASL would still say that there is something to reveal.
    if (revealPurposes.length > 0) can('reveal', 'Person', { purpose: { $in: [...revealPurposes] } });
  }
  if (caller.kind === 'person') {
    can('read', 'Self');
    can('erase', 'Self');
  }
  if (caller.kind !== 'staff') return;
  if (caller.roles.includes('privacy-officer')) {
    can('read', 'Person');
    can('erase', 'Person');
    can('reveal', 'Person', { purpose: { $in: ['rights-request', 'legal-obligation', 'safety-notice'] } });
  }
  if (caller.roles.includes('support')) {
    can('read', 'Person');
    can('reveal', 'Person', { purpose: 'support' });
  }
};
