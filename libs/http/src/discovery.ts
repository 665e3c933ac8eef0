import { z } from 'zod';

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });
const PATIENCE_MS = 3_000;

/**
 * Asks an OpenID provider where its keys are (OpenID Connect Discovery 1.0, section 4).
 * @throws when it can't be asked, or speaks for another issuer (section 4.3)
 */
export async function discoverJwksUrl(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'error' });
  if (!response.ok) throw new Error('the OpenID provider gave no metadata');
  const found = metadata.parse(await response.json());
  if (found.issuer !== issuer) throw new Error('the OpenID provider speaks for another issuer');
  return found.jwks_uri;
}
