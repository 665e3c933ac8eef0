import { defineAction } from '@integument/audit-log';

export const sessionOpened = defineAction('sessions.open');
export const sessionClosed = defineAction('sessions.close');
