import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

export const consentsImported = defineAction('consent_imports.take');
export const consentImportRead = defineAction('consent_imports.read');
export const consentEvidenceRead = defineAction(
  'consent_imports.read_evidence',
  z.strictObject({ guardianships: z.int().min(0) }),
);
export const consentImportsListed = defineAction('consent_imports.pending');
export const consentImportsMinted = defineAction('consent_imports.mint');
/** About each person of whom a client is told that they have decided here. */
export const consentImportDecidedHere = defineAction('consent_imports.decided_here');
export const consentImportsSettled = defineAction(
  'consent_imports.settle',
  z.strictObject({ refused: z.int().min(0) }),
);
