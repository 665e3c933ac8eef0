import type { PlatformInfo } from '@integument/testing';
import { clientToken } from '../outside/client-token.js';
import { demoCatalogue } from './catalogue/index.js';
import { DEMO_PEOPLE } from './people.js';

/**
 * Gives a platform its demo people and products through its public routes, as any client would. Loading again changes
 * nothing: an account signs in as one person only, and a product that is there stays.
 */
export async function loadDemoData(info: PlatformInfo): Promise<void> {
  await post(info, 'brand-shop', `${info.urls.vault}/v1/people/batch`, { people: DEMO_PEOPLE });
  await post(info, 'skin-app', `${info.urls.api}/v1/products/import`, { products: demoCatalogue });
}

async function post(
  info: PlatformInfo,
  client: keyof PlatformInfo['clients'],
  url: string,
  body: unknown,
): Promise<void> {
  const headers = {
    authorization: `Bearer ${await clientToken(info, client)}`,
    'content-type': 'application/json',
  };
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${new URL(url).pathname} answered ${client} with status ${reply.status}`);
}
