import { defineAction } from '@integument/audit-log';
import { approvalId } from '@integument/contracts';
import { z } from 'zod';

/** Which session became the one that the entry's actor has now: its secret changed with its rights. */
const before = z.strictObject({ sessionBefore: z.string().regex(/^[0-9a-f]{32}$/) });

export const factorEnrolled = {
  totp: defineAction('factors.enrol_totp', before),
  passkey: defineAction('factors.enrol_passkey', before),
};
export const factorUsed = {
  totp: defineAction('factors.use_totp', before),
  passkey: defineAction('factors.use_passkey', before),
  recoveryCode: defineAction('factors.use_recovery_code', before),
};
export const recoveryCodesMade = defineAction('factors.make_recovery_codes');
export const factorRemoved = defineAction(
  'factors.remove',
  z.strictObject({ kind: z.enum(['totp', 'passkey']) }),
);
/** By an approval, whose own entries say who agreed. The object is the account. */
export const lastFactorsRemoved = defineAction(
  'factors.remove_last',
  z.strictObject({ approval: approvalId }),
);

/** An action after which a session has another secret. */
export type RaisingAction = (typeof factorUsed)['totp'];
