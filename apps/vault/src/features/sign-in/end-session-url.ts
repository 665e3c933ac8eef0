import * as oidc from 'openid-client';
import type { ProviderConnection } from './provider-connection.js';
import { failureAtProvider } from './sign-in.errors.js';

/**
 * Where to send a browser so that its session at the provider ends, too (OpenID Connect RP-Initiated Logout 1.0, section 2).
 * No ID token is kept for a hint, so the provider asks whether one means it.
 * @param returnTo registered at the provider as `post_logout_redirect_uri`
 * @returns null where the provider offers none
 * @throws CodedError `sign_in.provider_unavailable`
 */
export async function endSessionUrl(provider: ProviderConnection, returnTo: string): Promise<string | null> {
  try {
    const configuration = await provider.configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
    const url = oidc.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo });
    return url.href;
  } catch (error) {
    throw failureAtProvider(error);
  }
}
