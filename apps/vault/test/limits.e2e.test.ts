import { closeSession, noop, readOwnAbilities } from '@integument/contracts';
import { platform } from '@integument/testing';
import pg from 'pg';
import { expect, it } from 'vitest';
import { request } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { clientToken } from '../../../tools/outside/client-token.js';

const info = platform();

async function rows(url: string): Promise<{ key: string }[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<{ key: string }>('SELECT key FROM rate_count')).rows;
  } finally {
    await client.end();
  }
}

it.each([
  ['the vault', 'brand-shop', info.urls.vault],
  ['the API', 'skin-app', info.urls.api],
] as const)('%s tells a client what it has left', async (_title, name, base) => {
  const authorization = `Bearer ${await clientToken(info, name)}`;
  const { status, headers } = await fetch(base + noop.path, { headers: { authorization } });
  expect([status, headers.get('ratelimit-policy')]).toEqual([200, '"check";q=3000000;w=60']);
  expect(headers.get('ratelimit')).toMatch(/^"check";r=2\d{6};t=\d{1,2}$/);
});

it('what is counted stands in both databases, under names that say nothing', async () => {
  const auditor = await signIn(info, info.staff.auditor);
  const planes = [
    [info.urls.vault, info.databases.vault],
    [info.urls.api, info.databases.platform],
  ] as const;
  for (const [base, { url }] of planes) {
    // More than one slice, see Limits: what is less a replica keeps to itself. Again where a minute ended between them.
    const sendMany = async () => {
      for (let n = 0; n < 130; n++) expect((await request(auditor, base, readOwnAbilities)).status).toBe(200);
      return (await rows(url)).length;
    };
    await expect.poll(sendMany, { timeout: 30_000, interval: 500 }).toBeGreaterThan(0);
    for (const { key } of await rows(url)) expect(key).toMatch(/^[\w-]{22}\.\d+$/);
  }
  await request(auditor, info.urls.api, closeSession, {});
});
