import { createHmac, createPublicKey } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DISCOVERY, MisbehavingProvider, type Misbehaviour, newKey } from './misbehaving-provider.fixture.js';
import { PATIENCE, RunningVault } from './running-vault.fixture.js';
import { comeBack, Tab } from './tab.fixture.js';

// The vault's own routes against providers that lie. Two of them: `main`, which may have staff, and `other`, which may not.

const CANARY = '<script>canary-9d27</script>';
const REFUSED = '400 sign_in.refused';
const AWAY = '503 sign_in.provider_unavailable';
/** Longer than metadata and keys are kept. */
const A_WHILE_MS = 400_000;

let main: MisbehavingProvider;
let other: MisbehavingProvider;
let vault: RunningVault;
beforeAll(async () => {
  // Before anything keeps `Date.now` as its clock.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  main = await MisbehavingProvider.start();
  other = await MisbehavingProvider.start();
  vault = await RunningVault.start(
    main.settings(),
    other.settings({ id: 'other', name: 'Other', staff: false }),
    other.settings({
      id: 'strict',
      name: 'Strict',
      issuer: main.issuer.replace('127.0.0.1', 'localhost'),
      clientSecret: main.clientSecret,
      acrValues: ['gold'],
    }),
  );
});
afterAll(async () => {
  vi.useRealTimers();
  main.close();
  other.close();
  await vault.close();
});
beforeEach(() => {
  main.reset();
  other.reset();
  later(A_WHILE_MS);
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const seconds = () => Math.floor(Date.now() / 1_000);

/** Nobody is signed in by what is done, and nobody is known who was not. */
async function expectNobodyIn(work: () => Promise<void>): Promise<void> {
  const before = await vault.rows();
  await work();
  expect(await vault.rows()).toEqual(before);
}

async function expectRefused(misbehaviour: Misbehaviour, outcome = REFUSED): Promise<void> {
  main.misbehaviour = misbehaviour;
  await expectNobodyIn(async () => {
    const tab = new Tab(vault);
    expect(await tab.signIn()).toBe(outcome);
    expect([...tab.cookies.keys()]).not.toContain('integument-vault');
  });
}

describe('a provider that behaves', () => {
  it('signs somebody in, with nothing asked for but who it is', async () => {
    const tab = new Tab(vault);
    const { url } = await tab.begin();
    expect(new URL(url).searchParams.get('scope')).toBe('openid');
    expect(new URL(url).searchParams.get('max_age')).toBe('43200');
    const ofPeople = await new Tab(vault).begin('?provider=other');
    expect(new URL(ofPeople.url).searchParams.get('max_age')).toBeNull();
    expect((await tab.finish(await comeBack(url))).outcome).toBe('303');
    expect(await tab.whoAmI()).toBe('person');
  });

  it('stands in the list by id and name, and by nothing else', async () => {
    const list = await fetch(`${vault.url}/v1/sign-in/providers`);
    expect(await list.json()).toEqual({
      providers: [
        { id: 'main', name: 'Main' },
        { id: 'other', name: 'Other' },
        { id: 'strict', name: 'Strict' },
      ],
    });
  });

  it('is the one that was named; a name that nobody has is refused', async () => {
    const tab = new Tab(vault);
    expect((await tab.begin('?provider=other')).url).toContain(`${other.issuer}/auth?`);
    expect((await tab.begin()).url).toContain(`${main.issuer}/auth?`);
    for (const name of ['nobody', 'MAIN', '__proto__', '..%2Fmain'])
      expect((await tab.begin(`?provider=${name}`)).outcome).toBe('400 sign_in.provider_unknown');
  });

  it('is seen to have another configuration after five minutes at the latest', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    main.misbehaviour = {
      metadata: (metadata) => ({ ...metadata, authorization_endpoint: `${main.issuer}/elsewhere` }),
    };
    later(299_000);
    expect((await new Tab(vault).begin()).url).toContain('/auth?');
    later(2_000);
    expect((await new Tab(vault).begin()).url).toContain('/elsewhere?');
  });
});

const hmac = (secret: string | Buffer, claims: JWTPayload) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', kid: main.key.kid })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};
const publicPem = () =>
  createPublicKey({ key: main.key.publicJwk as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
const unsigned = (claims: JWTPayload) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
};

describe('an ID token', () => {
  it.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
    ['of another issuer', (claims) => ({ ...claims, iss: other.issuer })],
    ['of the issuer, written another way', (claims) => ({ ...claims, iss: `${main.issuer}/` })],
    ['for another audience', (claims) => ({ ...claims, aud: 'brand-shop' })],
    [
      'for several, and nobody named as the one it was given to',
      (claims) => ({ ...claims, aud: ['integument', 'shop'] }),
    ],
    ['for several, given to another', (claims) => ({ ...claims, aud: ['integument', 'shop'], azp: 'shop' })],
    ['with another nonce', (claims) => ({ ...claims, nonce: 'another' })],
    ['without a nonce', ({ nonce: _, ...claims }) => claims],
    ['that has expired', (claims) => ({ ...claims, iat: seconds() - 400, exp: seconds() - 60 })],
    ['without an expiry', ({ exp: _, ...claims }) => claims],
    ['issued in the future', (claims) => ({ ...claims, iat: seconds() + 120, exp: seconds() + 600 })],
    ['issued long ago', (claims) => ({ ...claims, iat: seconds() - 3_600 })],
    ['of a sign-in in the future', (claims) => ({ ...claims, auth_time: seconds() + 3_600 })],
    ['of a sign-in at no time', (claims) => ({ ...claims, auth_time: 1e300 })],
    ['of a sign-in at no time that is told', ({ auth_time: _, ...claims }) => claims],
    ['without a subject', ({ sub: _, ...claims }) => claims],
    ['of an empty subject', (claims) => ({ ...claims, sub: '' })],
    ['of a subject of 10 kB', (claims) => ({ ...claims, sub: 'a'.repeat(10_240) })],
    ['of a subject with NUL', (claims) => ({ ...claims, sub: 'alice\u0000' })],
    ['of a subject that looks like another', (claims) => ({ ...claims, sub: '\u0430lice' })],
    ['of a subject with what can’t be seen', (claims) => ({ ...claims, sub: 'ali\u200bce' })],
    ['of a subject that is no text', (claims) => ({ ...claims, sub: ['alice'] })],
  ])('%s signs nobody in', async (_case, claims) => {
    await expectRefused({ claims });
  });

  it.each<[string, (claims: JWTPayload) => string | Promise<string>]>([
    ['of algorithm none', unsigned],
    ['with an HMAC by the public key', (claims) => hmac(publicPem(), claims)],
    [
      'with an HMAC by the published key’s JSON',
      (claims) => hmac(JSON.stringify(main.key.publicJwk), claims),
    ],
    ['with an HMAC by our own secret', (claims) => hmac(main.clientSecret, claims)],
    ['by a key that nobody published', async (claims) => main.sign(claims, await newKey())],
    [
      'by a key that nobody published, under the name of one',
      async (claims) => main.sign(claims, await newKey(main.key.kid)),
    ],
    ['by the key of another provider', (claims) => other.sign(claims)],
    [
      'by a key that it brings itself',
      async (claims) => {
        const own = await newKey(main.key.kid);
        return main.sign(claims, own, { jwk: own.publicJwk });
      },
    ],
    [
      'whose claims were changed',
      async (claims) => {
        const [header, , signature] = (await main.sign(claims)).split('.');
        const body = Buffer.from(JSON.stringify({ ...claims, sub: 'olivia' })).toString('base64url');
        return `${header}.${body}.${signature}`;
      },
    ],
    ['that is none', () => 'nonsense'],
  ])('%s signs nobody in', async (_case, sign) => {
    // The keys are known from before, so that it is not for want of them.
    expect(await new Tab(vault).signIn()).toBe('303');
    await expectRefused({ sign });
    later(10_000);
    await expectRefused({ sign });
  });

  it('of an algorithm that we don’t take signs nobody in, also by a key that is published for it', async () => {
    main.key = await newKey(undefined, 'ES384');
    await expectRefused({ sign: (claims) => main.sign(claims, main.key, { alg: 'ES384' }) });
    main.key = await newKey();
  });

  it('by a new key is good at once, one by the key before it never again', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    const withdrawn = await main.rotate();
    later(6_000);
    expect(await new Tab(vault).signIn()).toBe('303');
    await expectRefused({ sign: (claims) => main.sign(claims, withdrawn) });
  });

  it('by a withdrawn key is good for a minute at most, also where no new one has been seen', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    const withdrawn = await main.rotate();
    later(61_000);
    await expectRefused({ sign: (claims) => main.sign(claims, withdrawn) });
  });

  it('by a new key under the old one’s name is good, too', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    main.key = await newKey(main.key.kid);
    later(6_000);
    expect(await new Tab(vault).signIn()).toBe('303');
  });
});

describe('an attempt', () => {
  it('is good once: the same address again in the same browser signs nobody in', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    const kept = tab.copy();
    expect((await tab.finish(callback)).outcome).toBe('303');
    await expectNobodyIn(async () => {
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
      // Somebody who kept the cookie, too, and a provider that gives tokens as often as it is asked.
      expect((await kept.finish(callback)).outcome).toBe(REFUSED);
      const newCode = await comeBack((await new Tab(vault).begin()).url);
      const state = new URL(callback).searchParams.get('state') ?? '';
      expect((await kept.finish(withQuery(newCode, { state }))).outcome).toBe(REFUSED);
    });
    expect(main.timesAsked('/token')).toBe(1);
  });

  it('is good once, however many finish it at the same time', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    const { sessions } = await vault.rows();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async () => (await tab.copy().finish(callback)).outcome),
    );
    expect(outcomes.filter((outcome) => outcome === '303')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['303', REFUSED]));
    expect(main.timesAsked('/token')).toBe(1);
    expect((await vault.rows()).sessions).toBe(sessions + 1);
  });

  it('of a new account signs in all that come at once, as one person', async () => {
    main.misbehaviour = { claims: (claims) => ({ ...claims, sub: 'first-of-all' }) };
    const before = await vault.rows();
    const tabs = Array.from({ length: 12 }, () => new Tab(vault));
    expect(new Set(await Promise.all(tabs.map((tab) => tab.signIn())))).toEqual(new Set(['303']));
    const { people, sessions } = await vault.rows();
    expect([people, sessions]).toEqual([before.people + 1, before.sessions + 12]);
  });

  it('is spent also by an answer that was refused', async () => {
    const tab = new Tab(vault);
    main.misbehaviour = { claims: (claims) => ({ ...claims, nonce: 'another' }) };
    const callback = await tab.beginAndComeBack();
    await expectNobodyIn(async () => {
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
      main.misbehaviour = {};
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
    });
  });

  it('is not spoiled by a page that sends the browser here with another state', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    for (const query of [{ state: 'x' }, { state: '' }, { error: 'access_denied', state: 'x' }])
      expect((await tab.finish(withQuery(callback, query))).outcome).toBe(REFUSED);
    expect((await tab.finish(`${vault.url}/v1/sign-in/callback`)).outcome).toBe(REFUSED);
    expect((await tab.finish(callback)).outcome).toBe('303');
  });

  it('takes no state of the attempt before it, of another browser or twice', async () => {
    const tab = new Tab(vault);
    const before = await tab.beginAndComeBack();
    const callback = await tab.beginAndComeBack();
    const ofAnother = await new Tab(vault).beginAndComeBack();
    await expectNobodyIn(async () => {
      expect((await tab.finish(before)).outcome).toBe(REFUSED);
      expect((await tab.finish(ofAnother)).outcome).toBe(REFUSED);
      expect((await tab.finish(`${callback}&state=x`)).outcome).toBe(REFUSED);
      expect((await new Tab(vault).finish(callback)).outcome).toBe(REFUSED);
    });
    expect(main.timesAsked('/token')).toBe(0);
  });

  it('takes no code of another attempt, whose verifier it does not have, also where the nonce fits', async () => {
    const tab = new Tab(vault);
    const { url } = await tab.begin();
    const nonce = new URL(url).searchParams.get('nonce');
    const stolen = new URL(await new Tab(vault).beginAndComeBack()).searchParams.get('code') ?? '';
    main.misbehaviour = { claims: (claims) => ({ ...claims, nonce }) };
    await expectNobodyIn(async () => {
      const callback = withQuery(await comeBack(url), { code: stolen });
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
    });
  });

  it('ends after ten minutes', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    later(601_000);
    await expectNobodyIn(async () => expect((await tab.finish(callback)).outcome).toBe(REFUSED));
  });

  it('is no cookie that the vault did not write', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    const [[name = '', value = ''] = []] = tab.cookies;
    for (const wrong of [value.slice(1), `${value.slice(0, -4)}AAAA`, 'x']) {
      tab.cookies.set(name, wrong);
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
    }
  });
});

describe('the answer of another provider', () => {
  /** Begins at `main`; what comes back is an answer of `other`, with the state of the attempt. */
  async function mixedUp(): Promise<{ tab: Tab; answer: string }> {
    const tab = new Tab(vault);
    const state = new URL((await tab.begin()).url).searchParams.get('state') ?? '';
    const answer = await comeBack((await new Tab(vault).begin('?provider=other')).url);
    return { tab, answer: withQuery(answer, { state }) };
  }
  const withoutIss = (address: string) => withQuery(address, { iss: undefined });
  const toMain = (address: string) => address.replace('/callback/other', '/callback');

  it('comes to an address of its own, and signs nobody in there, whether or not it says whose it is', async () => {
    const { tab, answer } = await mixedUp();
    expect(new URL(answer).pathname).toBe('/v1/sign-in/callback/other');
    await expectNobodyIn(async () => {
      expect((await tab.finish(answer)).outcome).toBe(REFUSED);
      expect((await tab.finish(withoutIss(answer))).outcome).toBe(REFUSED);
    });
    expect([main.timesAsked('/token'), other.timesAsked('/token')]).toEqual([0, 0]);
  });

  it.each([
    ['with its name on it', toMain],
    ['without its name', (address: string) => withoutIss(toMain(address))],
  ])('is not shown to the provider of the attempt, %s', async (_case, change) => {
    const { tab, answer } = await mixedUp();
    await expectNobodyIn(async () => expect((await tab.finish(change(answer))).outcome).toBe(REFUSED));
    expect(main.timesAsked('/token')).toBe(0);
  });

  it('is not shown to a provider that never says its own name, and signs nobody in where it is', async () => {
    main.misbehaviour = {
      metadata: (metadata) => ({ ...metadata, authorization_response_iss_parameter_supported: false }),
    };
    const { tab, answer } = await mixedUp();
    await expectNobodyIn(async () => {
      expect((await tab.finish(withoutIss(answer))).outcome).toBe(REFUSED);
      expect(main.timesAsked('/token')).toBe(0);
      // An attacker can change the address, in the browser; then a code of the other provider is all that the first one gets.
      expect((await tab.finish(withoutIss(toMain(answer)))).outcome).toBe(REFUSED);
    });
  });

  it('is refused without a name where the provider says that it always has one', async () => {
    await expectRefused({ answer: (query) => query.delete('iss') });
    expect(main.timesAsked('/token')).toBe(0);
    await expectRefused({ answer: (query) => query.set('iss', other.issuer) });
  });

  it('may have no name where the provider does not say that it has one', async () => {
    main.misbehaviour = {
      metadata: (metadata) => ({ ...metadata, authorization_response_iss_parameter_supported: false }),
      answer: (query) => query.delete('iss'),
    };
    expect(await new Tab(vault).signIn()).toBe('303');
  });

  it('finds no way by the first provider’s own name, or by one that there is not', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    for (const name of ['main', 'other', 'nobody', '%6dain'])
      expect((await tab.finish(callback.replace('/callback', `/callback/${name}`))).outcome).toBe(REFUSED);
    expect(main.timesAsked('/token')).toBe(0);
  });
});

describe('one name at two providers', () => {
  it('is two accounts of two people', async () => {
    main.subject = 'twin';
    other.subject = 'twin';
    const before = await vault.rows();
    for (const query of ['', '?provider=other', '', '?provider=other'])
      expect(await new Tab(vault).signIn(query)).toBe('303');
    const { accounts, people } = await vault.rows();
    expect([accounts - before.accounts, people - before.people]).toEqual([2, 2]);
  });

  it('has roles only where the provider may have staff', async () => {
    main.subject = 'olivia';
    other.subject = 'olivia';
    await vault.appoint(main.issuer, 'olivia', 'auditor');
    const [atMain, atOther] = [new Tab(vault), new Tab(vault)];
    await atMain.signIn();
    await atOther.signIn('?provider=other');
    expect([await atMain.whoAmI(), await atOther.whoAmI()]).toEqual(['auditor', 'person']);
    await vault.appoint(other.issuer, 'olivia', 'auditor');
    await atOther.signIn('?provider=other');
    expect(await atOther.whoAmI()).toBe('person');
  });
});

const ofStrict: Misbehaviour = {
  metadata: (metadata) => ({
    ...metadata,
    issuer: String(metadata.issuer).replace('127.0.0.1', 'localhost'),
  }),
  answer: (query) => query.set('iss', (query.get('iss') ?? '').replace('127.0.0.1', 'localhost')),
};
describe('a provider of which a level is asked', () => {
  const claimsOf = (acr: unknown) => (claims: Record<string, unknown>) => ({
    ...claims,
    iss: String(claims.iss).replace('127.0.0.1', 'localhost'),
    acr,
  });

  it('is told so, and signs in who has it', async () => {
    main.misbehaviour = { ...ofStrict, claims: claimsOf('gold') };
    const tab = new Tab(vault);
    const { url } = await tab.begin('?provider=strict');
    expect(new URL(url).searchParams.get('acr_values')).toBe('gold');
    expect((await tab.finish(await comeBack(url))).outcome).toBe('303');
  });

  it.each([['silver'], [undefined], ['golden'], [['gold']]])('signs nobody in with %s', async (acr) => {
    main.misbehaviour = { ...ofStrict, claims: claimsOf(acr) };
    await expectNobodyIn(async () =>
      expect(await new Tab(vault).signIn('?provider=strict')).toBe('403 sign_in.level_not_accepted'),
    );
  });
});

const hang = () => undefined;
/** A byte now and then, so that it is never quiet. */
const drip = (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
};
const flood = (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const piece = ' '.repeat(65_536);
  const write = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', write);
  write();
};
const redirectTo = (address: () => string) => (_: unknown, response: ServerResponse) =>
  response.writeHead(302, { location: address() }).end();
const broken = (_: unknown, response: ServerResponse) => response.writeHead(500).end();

describe('a provider that is away, or nearly', () => {
  it.each<[string, Misbehaviour]>([
    ['hangs when asked for its metadata', { serve: { [DISCOVERY]: hang } }],
    ['never ends its metadata', { serve: { [DISCOVERY]: drip } }],
    ['floods with its metadata', { serve: { [DISCOVERY]: flood } }],
    ['has metadata of 300 kB', { metadata: (metadata) => ({ ...metadata, more: 'x'.repeat(300_000) }) }],
    ['fails', { serve: { [DISCOVERY]: broken } }],
    ['speaks for another issuer', { metadata: (metadata) => ({ ...metadata, issuer: other.issuer }) }],
    [
      'writes its issuer another way',
      { metadata: (metadata) => ({ ...metadata, issuer: `${main.issuer}/` }) },
    ],
    [
      'sends us elsewhere for its metadata',
      { serve: { [DISCOVERY]: redirectTo(() => `${other.issuer}/of-main`) } },
    ],
  ])(
    '%s: no sign-in begins, the answer comes in time, and the next finds it again',
    async (_case, misbehaviour) => {
      other.misbehaviour = {
        serve: {
          '/of-main': (_, response) =>
            response
              .writeHead(200, { 'content-type': 'application/json' })
              .end(JSON.stringify(main.metadata())),
        },
      };
      main.misbehaviour = misbehaviour;
      const began = performance.now();
      await expectNobodyIn(async () => expect((await new Tab(vault).begin()).outcome).toBe(AWAY));
      expect(performance.now() - began).toBeLessThan(PATIENCE * 1_000 + 1_500);
      expect(other.asked).toEqual([]);
      main.reset();
      expect(await new Tab(vault).signIn()).toBe('303');
    },
  );

  it.each<[string, Misbehaviour]>([
    ['hangs when given a code', { serve: { '/token': hang } }],
    ['never ends its tokens', { serve: { '/token': drip } }],
    ['floods with its tokens', { serve: { '/token': flood } }],
    ['sends us elsewhere with the code', { serve: { '/token': redirectTo(() => `${other.issuer}/token`) } }],
    ['fails when given a code', { serve: { '/token': broken } }],
    ['hangs when asked for its keys', { serve: { '/jwks': hang } }],
    [
      'has its keys elsewhere than it says',
      {
        serve: { '/jwks': redirectTo(() => `${other.issuer}/jwks`) },
        sign: (claims) => other.sign(claims),
      },
    ],
    ['has no keys', { serve: { '/jwks': (_, response) => response.writeHead(404).end() } }],
    [
      'has keys that are none',
      { serve: { '/jwks': (_, response) => response.writeHead(200).end('{"keys":7}') } },
    ],
    ['says no place of its keys', { metadata: ({ jwks_uri: _, ...metadata }) => metadata }],
    [
      'has its keys where anybody could put others',
      {
        metadata: (metadata) => ({
          ...metadata,
          jwks_uri: main.issuer.replace('127.0.0.1', '0.0.0.0').concat('/jwks'),
        }),
      },
    ],
    [
      'does not know us',
      {
        serve: {
          '/token': (_, response) =>
            response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}'),
        },
      },
    ],
  ])('%s: no sign-in, and the answer comes in time', async (_case, misbehaviour) => {
    const began = performance.now();
    await expectRefused(misbehaviour, AWAY);
    expect(performance.now() - began).toBeLessThan(PATIENCE * 1_000 + 1_500);
    expect(other.asked).toEqual([]);
  });

  it('is asked for its keys again at the next sign-in', async () => {
    await expectRefused({ serve: { '/jwks': broken } }, AWAY);
    main.reset();
    expect(await new Tab(vault).signIn()).toBe('303');
  });

  it('does not keep the others away', async () => {
    main.misbehaviour = { serve: { [DISCOVERY]: hang } };
    const waiting = new Tab(vault).begin();
    expect(await new Tab(vault).signIn('?provider=other')).toBe('303');
    expect((await waiting).outcome).toBe(AWAY);
  });
});

describe('an error of the provider', () => {
  it.each<[string, Misbehaviour]>([
    [
      'by the browser',
      {
        answer: (query) => {
          query.delete('code');
          query.set('error', CANARY);
          query.set('error_description', CANARY);
          query.set('error_uri', `javascript:${CANARY}`);
        },
      },
    ],
    [
      'for the code',
      {
        serve: {
          '/token': (_, response) =>
            response
              .writeHead(400, { 'content-type': 'application/json' })
              .end(JSON.stringify({ error: 'invalid_grant', error_description: CANARY })),
        },
      },
    ],
    [
      'for the code, as a page',
      {
        serve: {
          '/token': (_, response) => response.writeHead(400, { 'content-type': 'text/html' }).end(CANARY),
        },
      },
    ],
    ['in the token', { claims: (claims) => ({ ...claims, sub: CANARY, nonce: CANARY }) }],
    ['in the place of a token', { sign: () => CANARY }],
  ])('%s signs nobody in and comes out nowhere', async (_case, misbehaviour) => {
    main.misbehaviour = misbehaviour;
    await expectNobodyIn(async () => {
      const tab = new Tab(vault);
      const { outcome, text } = await tab.finish(await tab.beginAndComeBack());
      expect(outcome).toBe(REFUSED);
      expect(text).not.toContain('canary-9d27');
    });
    expect(vault.log).not.toContain('canary-9d27');
    expect((await vault.auditLog()).join()).not.toContain('canary-9d27');
  });

  it('that is the operator’s to mend is in the log, without what the provider said', async () => {
    vault.log = '';
    const body = JSON.stringify({ error: 'invalid_client', error_description: CANARY });
    await expectRefused(
      {
        serve: {
          '/token': (_, response) =>
            response.writeHead(401, { 'content-type': 'application/json' }).end(body),
        },
      },
      AWAY,
    );
    await vi.waitFor(() => expect(vault.log).toContain('sign_in.provider_unavailable'));
    expect(vault.log).not.toContain('canary-9d27');
  });
});

it('all that was refused is counted in the audit log', async () => {
  await vault.end();
  const counted = (await vault.auditLog())
    .filter((entry) => entry.includes('requests.unauthenticated'))
    .join();
  for (const [route, code] of [
    ['sign_in.finish', 'sign_in.refused'],
    ['sign_in.finish_at', 'sign_in.refused'],
    ['sign_in.finish_at', 'sign_in.level_not_accepted'],
    ['sign_in.start', 'sign_in.provider_unknown'],
  ])
    expect(counted).toContain(`"route":"${route}","code":"${code}"`);
});

function withQuery(address: string, changes: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
}
