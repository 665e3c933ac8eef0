import { z } from 'zod';
import { anchorSettings, checkAnchors } from './anchor-settings.js';
import { auditFeedSettings, refuseHalfFeeds } from './feed-settings.js';

/** Settings of an audit log that both apps have: each app's schema takes these in, and {@link checkLogSettings} with them. */
export const logSettings = {
  AUDIT_STALL_SECONDS: z.coerce
    .number()
    .int()
    .min(5)
    .max(300)
    .default(10)
    .describe('How long entries may wait unsigned before everything that needs one is refused'),
  ...anchorSettings,
  ...auditFeedSettings,
};

export type LogSettings = z.output<z.ZodObject<typeof logSettings>>;

/** What is set up by half stops the start: its owner would believe the log to be anchored, or sent on. */
export function checkLogSettings(config: LogSettings, issues: z.RefinementCtx): void {
  checkAnchors(config, issues);
  refuseHalfFeeds(config, issues);
}
