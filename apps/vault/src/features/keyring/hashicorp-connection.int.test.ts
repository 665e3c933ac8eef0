import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../../../../libs/audit-log/src/siem/certificates.fixture.js';
import { failureOf } from './hashicorp-keyring.fixture.js';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { TransitServer } from './transit-server.fixture.js';

let server: TransitServer;
beforeEach(async () => {
  server = await TransitServer.start();
});
afterEach(() => server.close());

describe('a namespace', () => {
  it('is named in every request; without it, or in another, there is nothing', async () => {
    const spaced = await TransitServer.start({ namespace: 'shop/identity' });
    await (await HashicorpKeyring.open(spaced.settings)).check();
    for (const namespace of [undefined, 'shop']) {
      const error = await failureOf(HashicorpKeyring.open({ ...spaced.settings, namespace }));
      expect(error.why).toBe('missing');
    }
    await spaced.close();
  });

  it('and a token are not taken from the environment', async () => {
    Object.assign(process.env, {
      VAULT_NAMESPACE: 'foreign',
      VAULT_TOKEN: 'foreign',
      VAULT_PREFIX: '/foreign',
    });
    try {
      await (await HashicorpKeyring.open(server.settings)).check();
    } finally {
      for (const name of ['VAULT_NAMESPACE', 'VAULT_TOKEN', 'VAULT_PREFIX']) delete process.env[name];
    }
  });
});

describe('over TLS', () => {
  let authority: TestAuthority;
  let secure: TransitServer;
  beforeEach(async () => {
    authority = await TestAuthority.create();
    secure = await TransitServer.start({ tls: await authority.issue({ type: 'ip', value: '127.0.0.1' }) });
  });
  afterEach(() => secure.close());

  it('its own authority is trusted, on connections that are kept', async () => {
    const settings = { ...secure.settings, authority: Buffer.from(authority.certificate) };
    const trusting = await HashicorpKeyring.open(settings);
    for (let n = 0; n < 5; n++) await trusting.check();
    expect(secure.sockets).toBe(1);
  });

  it('a foreign one is not, nor none, whatever the environment says', async () => {
    const foreign = Buffer.from((await TestAuthority.create()).certificate);
    Object.assign(process.env, { NODE_TLS_REJECT_UNAUTHORIZED: '0', VAULT_SKIP_VERIFY: '1' });
    try {
      for (const trusted of [foreign, undefined]) {
        const error = await failureOf(HashicorpKeyring.open({ ...secure.settings, authority: trusted }));
        expect(error.why).toBe('untrusted');
      }
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      delete process.env.VAULT_SKIP_VERIFY;
    }
    expect(secure.asked).toEqual([]);
  });

  it('a certificate for another host is not accepted', async () => {
    const named = await TransitServer.start({ tls: await authority.issue({ type: 'dns', value: 'other' }) });
    const settings = { ...named.settings, authority: Buffer.from(authority.certificate) };
    expect((await failureOf(HashicorpKeyring.open(settings))).why).toBe('untrusted');
    expect(named.asked).toEqual([]);
    await named.close();
  });
});
