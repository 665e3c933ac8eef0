import type { PlatformInfo } from '@integument/testing';
import type { Visitor } from './visitor.js';

export type ClientAudience = 'urn:integument:vault' | 'urn:integument:api';

/** A program that has registered itself at the embedded provider (RFC 7591), with the token that it has got there. */
export class ProviderClient implements Visitor {
  private constructor(
    /** its client id there, which is a credential here */
    readonly credential: string,
    private readonly token: string,
  ) {}

  static async register(info: PlatformInfo, audience: ClientAudience): Promise<ProviderClient> {
    const made = await post(`${info.urls.issuer}/reg`, `Bearer ${info.registrationToken}`, {
      'content-type': 'application/json',
      body: JSON.stringify({ audience }),
    });
    const { client_id, client_secret } = made as { client_id: string; client_secret: string };
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
    const got = await post(`${info.urls.issuer}/token`, `Basic ${basic}`, {
      'content-type': 'application/x-www-form-urlencoded',
      body: 'grant_type=client_credentials',
    });
    return new ProviderClient(client_id, (got as { access_token: string }).access_token);
  }

  send(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.token}`);
    return fetch(url, { ...init, headers, redirect: 'manual' });
  }
}

async function post(
  url: string,
  authorization: string,
  { body, ...type }: { readonly 'content-type': string; readonly body: string },
): Promise<unknown> {
  const reply = await fetch(url, { method: 'POST', headers: { authorization, ...type }, body });
  if (!reply.ok) throw new Error(`the provider answered ${reply.status}`);
  return reply.json();
}
