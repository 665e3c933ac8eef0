import { readFileSync } from 'node:fs';
import type { JWK } from 'oidc-provider';
import { z } from 'zod';

/** the one audience that a client may ask a token for */
export const audience = z.enum(['urn:integument:vault', 'urn:integument:api']);
const client = z.strictObject({ id: z.string(), secret: z.string(), audience });

const schema = z.strictObject({
  issuer: z.url(),
  port: z.number().int(),
  /** the one password of everybody who signs in here */
  demoPassword: z.string().min(8),
  /** the vault, where people come from and go back to */
  relyingParty: z.strictObject({
    id: z.string(),
    secret: z.string(),
    redirectUri: z.url(),
    /** told when a session here ends */
    backchannelLogoutUri: z.url(),
    /** where a browser may go after signing out here */
    postLogoutRedirectUris: z.array(z.url()),
  }),
  /** origins that a sign-in passes through on its way back */
  origins: z.array(z.url()),
  clients: z.array(client),
  /** whoever brings it may register a client; nobody when absent */
  registrationToken: z.string().min(16).optional(),
  /** private signing keys */
  keys: z.array(z.custom<JWK>((value) => typeof value === 'object')).min(1),
  cookieKeys: z.array(z.string().min(16)).min(1),
});

/** Everything the embedded provider knows; the supervisor writes it as one file for its eyes only. */
export type ProviderSettings = z.infer<typeof schema>;

export function readProviderSettings(file: string): ProviderSettings {
  return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
