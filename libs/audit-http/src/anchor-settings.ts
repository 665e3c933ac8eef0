import { readFileSync } from 'node:fs';
import { isAnchorUrl, WitnessVerifier } from '@integument/audit-log';
import { secretFile } from '@integument/http';
import { isWebhookSecret } from '@integument/webhooks';
import { z } from 'zod';

/** Where an app puts its log's checkpoints outside its database; each app's schema takes these in. */
export const anchorSettings = {
  AUDIT_ANCHOR_FILE: z
    .string()
    .optional()
    .describe('File that the audit log’s checkpoints are appended to, on a disk apart from the database'),
  AUDIT_ANCHOR_URL: z
    .string()
    .refine(isAnchorUrl)
    .optional()
    .describe('Address that checkpoints are posted to, signed by Standard Webhooks; https, or on loopback'),
  AUDIT_ANCHOR_SECRET_FILE: secretFile('Its secret: `whsec_` and 24 to 64 bytes in base64').optional(),
  AUDIT_WITNESSES_FILE: z
    .string()
    .transform(readWitnesses)
    .optional()
    .describe('Witnesses that cosign checkpoints (JSON: `[{"url","vkey"}]`)'),
  AUDIT_ANCHOR_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_600)
    .default(10)
    .describe('How often there is a look whether a new checkpoint is to be put outside'),
};

/** A witness as the settings name it. */
export interface WitnessSetting {
  /** its submission prefix */
  readonly url: string;
  readonly verifier: WitnessVerifier;
}

export type AnchorSettings = z.output<z.ZodObject<typeof anchorSettings>>;

/** Stops the start where half of a webhook is set: its owner would believe the log to be anchored. */
export function checkAnchors(settings: AnchorSettings, issues: z.RefinementCtx): void {
  const { AUDIT_ANCHOR_URL: url, AUDIT_ANCHOR_SECRET_FILE: secret } = settings;
  const wrong = (name: keyof AnchorSettings) => issues.addIssue({ code: 'custom', path: [name] });
  if (url === undefined && secret !== undefined) wrong('AUDIT_ANCHOR_URL');
  if (url !== undefined && secret === undefined) wrong('AUDIT_ANCHOR_SECRET_FILE');
  if (secret !== undefined && !isWebhookSecret(secret)) wrong('AUDIT_ANCHOR_SECRET_FILE');
}

const witnessList = z
  .array(z.strictObject({ url: z.string().refine(isAnchorUrl), vkey: z.string() }))
  .min(1)
  .transform((list) =>
    list.map(({ url, vkey }): WitnessSetting => ({ url, verifier: WitnessVerifier.parse(vkey) })),
  )
  // Cosignatures are kept by the name of the witness's key.
  .refine((list) => new Set(list.map(({ verifier }) => verifier.name)).size === list.length);

function readWitnesses(path: string, context: z.RefinementCtx): WitnessSetting[] {
  try {
    return witnessList.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // What is wrong in the file is not said: like every setting, it is named and not shown.
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }
}
