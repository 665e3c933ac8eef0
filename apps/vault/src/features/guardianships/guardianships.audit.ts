import { defineAction } from '@integument/audit-log';

// The subject is the child, the object the guardianship. Who answers for it stands where they act themselves.
export const guardianshipMade = defineAction('guardianships.make');
export const guardianshipRead = defineAction('guardianships.read');
export const guardianshipEnded = defineAction('guardianships.end');
/** The child is old enough. */
export const guardianshipOver = defineAction('guardianships.end_due');
export const ownGuardianshipsListed = defineAction('guardianships.list_own');
export const consentEndingsListed = defineAction('guardianships.consent_endings');
