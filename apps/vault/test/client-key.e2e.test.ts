import { noop, searchPeople } from '@integument/contracts';
import { platform } from '@integument/testing';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { clientToken } from '../../../tools/outside/client-token.js';
import { KeyedClient } from '../../../tools/outside/keyed-client.js';
import type { Visitor } from '../../../tools/outside/visitor.js';

const info = platform();
const { vault, api } = info.urls;

/** Somebody who has what went over the line, and no key. */
const thief = (headers: Readonly<Record<string, string>>): Visitor => ({
  send: (url, init = {}) => fetch(url, { ...init, headers: { ...headers, ...(init.headers as object) } }),
});

describe('a client that has a key', () => {
  let shop: KeyedClient;
  let lab: KeyedClient;
  beforeAll(async () => {
    [shop, lab] = await Promise.all([
      KeyedClient.enter(info, 'brand-shop'),
      KeyedClient.enter(info, 'skin-lab'),
    ]);
  });
  const places = () => [
    { client: shop, at: vault },
    { client: lab, at: api },
  ];

  it('gets a token from the provider that is bound to it', () => {
    for (const { client } of places()) {
      expect(decodeJwt(client.token).cnf).toEqual({ jkt: expect.stringMatching(/^[\w-]{43}$/) as string });
    }
  });

  it('works with it, request after request, at either app', async () => {
    for (const { client, at } of places()) {
      for (let n = 0; n < 3; n++) await ask(client, at, noop);
    }
    const body = { field: 'email' as const, value: 'nobody-at-all@example.org' };
    expect((await ask(shop, vault, searchPeople, { body })).people).toEqual([]);
  });

  it('loses nothing to who copies its token, or a whole request', async () => {
    for (const { client, at } of places()) {
      await ask(client, at, noop);
      const { sent, token } = client;
      const plain = await request(thief({ authorization: `Bearer ${token}` }), at, noop);
      expect([plain.status, plain.code]).toEqual([401, 'auth.proof_required']);
      expect(plain.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token", algs="ES256 /);
      const again = await request(thief(sent), at, noop);
      expect([again.status, again.code]).toEqual([401, 'auth.proof_invalid']);
      expect(again.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_dpop_proof", algs="ES256 /);
    }
  });

  it('can’t lend a proof to another', async () => {
    const other = await KeyedClient.enter(info, 'brand-shop');
    await ask(other, vault, noop);
    const crossed = { authorization: `DPoP ${shop.token}`, dpop: other.sent.dpop };
    const answer = await request(thief(crossed), vault, noop);
    expect([answer.status, answer.code]).toEqual([401, 'auth.proof_required']);
  });

  it('where it is registered so, is refused with a token that is bound to none', async () => {
    const authorization = `Bearer ${await clientToken(info, 'skin-lab')}`;
    const refused = await request(thief({ authorization }), api, noop);
    expect([refused.status, refused.code]).toEqual([401, 'auth.proof_required']);
    const shops = `Bearer ${await clientToken(info, 'brand-shop')}`;
    expect((await request(thief({ authorization: shops }), vault, noop)).status).toBe(200);
  });
});
