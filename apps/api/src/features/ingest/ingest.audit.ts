import { defineAction } from '@integument/audit-log';

export const readingsStored = defineAction('readings.store');
export const readingsRead = defineAction('readings.read');
