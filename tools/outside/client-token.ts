import type { PlatformInfo } from '@integument/testing';

export type ClientName = keyof PlatformInfo['clients'];

/** An access token for one of the demo clients, good for ten minutes at the app that is its audience. */
export async function clientToken(info: PlatformInfo, client: ClientName): Promise<string> {
  const reply = await requestToken(info, client);
  if (!reply.ok) throw new Error(`the provider gave ${client} no token: status ${reply.status}`);
  return ((await reply.json()) as { access_token: string }).access_token;
}

/** @param resource the audience asked for (RFC 8707); the client's own when absent */
export function requestToken(info: PlatformInfo, client: ClientName, resource?: string): Promise<Response> {
  const { secret } = info.clients[client];
  const authorization = `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(resource && { resource }) });
  return fetch(`${info.urls.issuer}/token`, { method: 'POST', headers: { authorization }, body });
}
