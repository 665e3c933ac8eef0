import type { ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { DISCOVERY, type Misbehaviour } from './misbehaving-provider.fixture.js';
import { PATIENCE } from './running-vault.fixture.js';
import { Tab } from './tab.fixture.js';
import {
  AWAY,
  CANARY,
  expectNobodyIn,
  expectRefused,
  main,
  other,
  REFUSED,
  vault,
} from './two-providers.fixture.js';

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
