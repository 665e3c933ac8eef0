import type { Policy } from '@integument/authz';
import { commonPolicy } from '@integument/http';
import { approvalsPolicy } from '../features/approvals/approvals.policy.js';
import { clientsPolicy } from '../features/clients/clients.policy.js';
import { consentImportsPolicy } from '../features/consent-imports/consent-imports.policy.js';
import { evidencePolicy } from '../features/evidence/evidence.policy.js';
import { factorsPolicy } from '../features/factors/factors.policy.js';
import { guardianshipsPolicy } from '../features/guardianships/guardianships.policy.js';
import { lettersPolicy } from '../features/letters/letters.policy.js';
import { peoplePolicy } from '../features/people/people.policy.js';
import { rotationPolicy } from '../features/rotation/rotation.policy.js';
import { rulesPolicy } from '../features/rules/rules.policy.js';
import { sessionsPolicy } from '../features/sessions/sessions.policy.js';
import { staffPolicy } from '../features/staff/staff.policy.js';
import { tokensPolicy } from '../features/tokens/tokens.policy.js';
import { webhooksPolicy } from '../features/webhooks/webhooks.policy.js';

/** What the API's process may do on the internal listener: everything there is, and none of it gives identity. */
const apiProcessPolicy: Policy = (can, caller) => {
  if (caller.kind !== 'process' || caller.name !== 'api') return;
  can('use', 'Permit');
  can('use', 'ModelKey');
  can('redeem', 'SignIn');
  can('look-up', 'Client');
  can('carry-out', 'Erasure');
  can('carry-out', 'SessionEnding');
  can('carry-out', 'ConsentEnding');
};

/** Who may do what in the vault: all of it. */
export const vaultPolicies: readonly Policy[] = [
  peoplePolicy,
  guardianshipsPolicy,
  tokensPolicy,
  evidencePolicy,
  factorsPolicy,
  sessionsPolicy,
  approvalsPolicy,
  staffPolicy,
  clientsPolicy,
  webhooksPolicy,
  rulesPolicy,
  rotationPolicy,
  lettersPolicy,
  consentImportsPolicy,
  commonPolicy('identity'),
  apiProcessPolicy,
];
