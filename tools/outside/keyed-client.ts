import type { PlatformInfo } from '@integument/testing';
import * as oidc from 'openid-client';
import type { ClientName } from './client-token.js';
import type { Visitor } from './visitor.js';

/** One of the demo clients with a key of its own: its token is bound to it, and each request proves it (RFC 9449). */
export class KeyedClient implements Visitor {
  /** of the last request, as it went out */
  sent: Readonly<Record<'authorization' | 'dpop', string>> = { authorization: '', dpop: '' };

  private constructor(
    private readonly provider: oidc.Configuration,
    private readonly key: oidc.DPoPHandle,
    readonly token: string,
  ) {}

  static async enter(info: PlatformInfo, name: ClientName): Promise<KeyedClient> {
    const provider = await oidc.discovery(
      new URL(info.urls.issuer),
      name,
      info.clients[name].secret,
      oidc.ClientSecretBasic(),
      // The provider of the embedded run is on loopback, without TLS.
      { execute: [oidc.allowInsecureRequests] },
    );
    const key = oidc.getDPoPHandle(provider, await oidc.randomDPoPKeyPair('ES256'));
    const { access_token: token } = await oidc.clientCredentialsGrant(provider, {}, { DPoP: key });
    return new KeyedClient(provider, key, token);
  }

  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const { method = 'GET', body, headers } = init;
    this.provider[oidc.customFetch] = (to, options) => {
      const { authorization = '', dpop = '' } = options.headers;
      this.sent = { authorization, dpop };
      return fetch(to, options);
    };
    return oidc.fetchProtectedResource(
      this.provider,
      this.token,
      new URL(url),
      method,
      body as oidc.FetchBody,
      new Headers(headers),
      { DPoP: this.key },
    );
  }
}
