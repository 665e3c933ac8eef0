import { defineAction } from '@integument/audit-log';

export const gateClosed = defineAction('erasure.close_gate');
export const permitErased = defineAction('erasure.erase_permit');
