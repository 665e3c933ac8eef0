import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

export const signedIn = defineAction('sign_in.finish');
export const signInCodeIssued = defineAction('sign_in.issue_code');
/** Of a child's guardian: the subject is the child. */
export const guardianCodeIssued = defineAction('guardianships.issue_code');
export const signInCodeRedeemed = defineAction('sign_in.redeem');
/**
 * For staff it says who got which session of the API, since the API's log knows them by that alone. For a person never: it would join
 * the two logs.
 */
export const staffCodeRedeemed = defineAction(
  'sign_in.redeem',
  z.strictObject({ staff: z.string().regex(/^[0-9a-f]{32,64}$/) }),
);
/** Its count is that of sign-ins, by whomever: the log's entries under those sessions end here. */
export const backChannelLogout = defineAction('sign_in.back_channel_logout');
