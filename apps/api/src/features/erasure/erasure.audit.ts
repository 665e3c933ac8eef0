import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

export const gateClosed = defineAction('erasure.close_gate');
/** `held`: a hold kept it from its own erasure, and its person's whole one went before that. */
export const permitErased = defineAction('erasure.erase_permit', z.strictObject({ held: z.boolean() }));
