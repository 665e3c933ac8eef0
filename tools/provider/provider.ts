import Provider, { type Configuration, errors } from 'oidc-provider';
import { loginPageHeaders, logoutPage, signedOutPage } from './login-page.js';
import { AUDIENCE, clientDefaults, extraClientMetadata, registration } from './registration.js';
import type { ProviderSettings } from './settings.js';

const ACCESS_TOKEN_SECONDS = 600;
/** How the form signs somebody in, and what tokens say about it. */
export const ACR = 'urn:integument:password';

/**
 * The OpenID provider of the embedded run. Who somebody is ends here at a name; what the name may do is the vault's
 * business. Tokens for clients are JWTs, each for one audience: no client gets one for both the vault and the API.
 */
export function createProvider(settings: ProviderSettings): Provider {
  const provider: Provider = new Provider(settings.issuer, configuration(settings, grantEverything));
  return provider;

  // The relying party is the operator's own, so nobody is asked whether it may know who signs in.
  async function grantEverything(ctx: Parameters<NonNullable<Configuration['loadExistingGrant']>>[0]) {
    const { client, session } = ctx.oidc;
    if (!client || !session?.accountId) return undefined;
    const known = session.grantIdFor(client.clientId);
    if (known) return provider.Grant.find(known);
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid');
    grant.addOIDCClaims(['acr', 'amr', 'auth_time']);
    await grant.save();
    return grant;
  }
}

function configuration(
  settings: ProviderSettings,
  loadExistingGrant: NonNullable<Configuration['loadExistingGrant']>,
): Configuration {
  const headers = loginPageHeaders(settings.origins);
  const show = (ctx: { body: unknown; set(headers: Record<string, string>): void }, page: string) => {
    ctx.body = page;
    ctx.set(headers);
  };
  return {
    jwks: { keys: settings.keys },
    cookies: { keys: settings.cookieKeys },
    clients: [
      {
        client_id: settings.relyingParty.id,
        client_secret: settings.relyingParty.secret,
        redirect_uris: [settings.relyingParty.redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
        backchannel_logout_uri: settings.relyingParty.backchannelLogoutUri,
        // ID tokens and logout tokens then name the session (`sid`).
        backchannel_logout_session_required: true,
        post_logout_redirect_uris: [...settings.relyingParty.postLogoutRedirectUris],
      },
      ...settings.clients.map((client) => ({
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [],
        grant_types: ['client_credentials'],
        response_types: [],
        id_token_signed_response_alg: 'ES256' as const,
        [AUDIENCE]: client.audience,
      })),
    ],
    clientDefaults,
    extraClientMetadata,
    scopes: ['openid'],
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'] },
    acrValues: [ACR],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      registration: registration(settings.registrationToken),
      // A client that shows a key gets a token that is bound to it.
      dPoP: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => show(ctx, logoutPage(form)),
        postLogoutSuccessSource: (ctx) => show(ctx, signedOutPage()),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => (client?.[AUDIENCE] as string | undefined) ?? [],
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource, client) => {
          if (client[AUDIENCE] !== resource) throw new errors.InvalidTarget();
          return {
            scope: '',
            audience: resource,
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      IdToken: 600,
      Interaction: 600,
      Session: 86_400,
      Grant: 86_400,
    },
    // The library sends nothing to loopback, where the vault of the embedded run is: let through to that one address.
    fetch: (url, options) => {
      const toVault = url === settings.relyingParty.backchannelLogoutUri;
      const { dispatcher: _, ...direct } = options as RequestInit & { dispatcher?: unknown };
      return fetch(url, toVault ? direct : options);
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    loadExistingGrant,
  };
}
