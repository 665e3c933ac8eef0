import { defineAction } from '@integument/audit-log';

export const signedOut = defineAction('sign_in.sign_out');
export const sessionsListed = defineAction('sign_in.sessions');
export const sessionEnded = defineAction('sign_in.end_session');
export const othersEnded = defineAction('sign_in.end_other_sessions');
/** At a start, by settings: no route. */
export const ofProvidersEnded = defineAction('sign_in.end_of_providers');
export const endingsListed = defineAction('sign_in.session_endings');
export const endingsConfirmed = defineAction('sign_in.confirm_session_endings');
