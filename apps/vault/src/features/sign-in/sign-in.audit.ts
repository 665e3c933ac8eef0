import { defineAction } from '@integument/audit-log';

export const signedIn = defineAction('sign_in.finish');
export const signInCodeIssued = defineAction('sign_in.issue_code');
export const signInCodeRedeemed = defineAction('sign_in.redeem');
export const signedOut = defineAction('sign_in.sign_out');
