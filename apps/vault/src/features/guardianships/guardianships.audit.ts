import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

// The subject is the child, the object the guardianship. Who answers for it stands where they act themselves.
export const guardianshipMade = defineAction('guardianships.make');
export const guardianshipRead = defineAction('guardianships.read');
export const guardianshipEnded = defineAction('guardianships.end');
/** The child is old enough, or the client that recorded it is none any more. */
export const guardianshipOver = defineAction(
  'guardianships.end_due',
  z.strictObject({ why: z.enum(['of_age', 'client_removed']) }),
);
/** The child itself. */
export const guardianEnded = defineAction('guardianships.end_own');
/** Staff, for a reason. */
export const guardianshipRevoked = defineAction('guardianships.revoke');
/** Whoever answers is being erased. */
export const guardianshipLeft = defineAction('guardianships.end_with_guardian');
export const ownGuardiansListed = defineAction('guardianships.list_guardians');
export const ownGuardianshipsListed = defineAction('guardianships.list_own');
export const consentEndingsListed = defineAction('guardianships.consent_endings');
