import { defineAction } from '@integument/audit-log';
import { OPT_OUT_CHANNELS, OPT_OUTS } from '@integument/contracts';
import { z } from 'zod';

/** After the entries of each purpose, which say no more than that it was objected to: how many were stopped, and of how many. */
export const optOutMade = defineAction(
  'opt_outs.make',
  z.strictObject({ kind: z.enum(OPT_OUTS), channel: z.enum(OPT_OUT_CHANNELS), concerned: z.int() }),
);
export const optOutsRead = defineAction('opt_outs.list');
export const overdueRead = defineAction('opt_outs.overdue');
