import { z } from 'zod';

/** Settings of an audit log that both apps have. */
export const logSettings = {
  AUDIT_STALL_SECONDS: z.coerce
    .number()
    .int()
    .min(5)
    .max(300)
    .default(30)
    .describe('How long entries may wait unsigned before everything that needs one is refused'),
};

export type LogSettings = z.output<z.ZodObject<typeof logSettings>>;
