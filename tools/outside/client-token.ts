import type { PlatformInfo } from '@integument/testing';

/** An access token for one of the demo clients, good for ten minutes at the app that is its audience. */
export async function clientToken(
  info: PlatformInfo,
  client: keyof PlatformInfo['clients'],
): Promise<string> {
  const { secret } = info.clients[client];
  const authorization = `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  const reply = await fetch(`${info.urls.issuer}/token`, {
    method: 'POST',
    headers: { authorization },
    body,
  });
  if (!reply.ok) throw new Error(`the provider gave ${client} no token: status ${reply.status}`);
  return ((await reply.json()) as { access_token: string }).access_token;
}
