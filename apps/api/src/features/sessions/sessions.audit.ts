import { defineAction } from '@integument/audit-log';

export const sessionOpened = defineAction('sessions.open');
export const sessionsEnded = defineAction('sessions.carry_out_endings');
export const sessionClosed = defineAction('sessions.close');
