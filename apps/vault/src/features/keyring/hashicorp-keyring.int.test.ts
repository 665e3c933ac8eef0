import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { context } from '@integument/crypto';
import { describeError } from '@integument/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestAuthority } from '../../../../../libs/audit-log/src/siem/certificates.fixture.js';
import { AppRole } from './app-role.js';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { keyringContract } from './keyring.contract.js';
import { KeyringRefused, KeyringUnavailable } from './keyring.errors.js';
import { TransitClient } from './transit-client.js';
import { ALLOWED, type Failure, TransitServer } from './transit-server.fixture.js';

const PLACE = context('domain_key', 'person', 1);
const LOGIN = 'POST auth/approle/login';
const RENEW = 'POST auth/token/renew-self';
const READ = 'GET transit/keys/integument';

keyringContract('the keyring on HashiCorp Vault, as any', async () => {
  const server = await TransitServer.start();
  const elsewhere = await TransitServer.start();
  return {
    keyring: await HashicorpKeyring.open(server.settings),
    reopen: () => HashicorpKeyring.open(server.settings),
    other: () => HashicorpKeyring.open(elsewhere.settings),
    rotate: () => Promise.resolve(server.key.rotate()),
    setOldest: (version) => {
      server.key.oldest = version;
      return Promise.resolve();
    },
    close: async () => {
      await server.close();
      await elsewhere.close();
    },
  };
});

let server: TransitServer;
let keyring: HashicorpKeyring;
const key = { bytes: randomBytes(32), place: PLACE };
beforeEach(async () => {
  server = await TransitServer.start();
  keyring = await HashicorpKeyring.open(server.settings);
});
afterEach(() => server.close());

type Results = { data: { batch_results: unknown[] } };
const results = (change: (all: unknown[]) => unknown) => (body: object | undefined) => ({
  data: { batch_results: change((body as Results).data.batch_results) },
});

async function failureOf(work: Promise<unknown>): Promise<KeyringUnavailable> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyringUnavailable);
  return error as KeyringUnavailable;
}

/** However it is written down, an error says nothing that opens anything. */
function expectSilence(error: unknown): void {
  const written = [
    inspect(error, { depth: Infinity, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(describeError(error)),
    String((error as Error).stack),
  ].join('\n');
  for (const secret of [...server.secrets, key.bytes.toString('base64')]) {
    expect(written).not.toContain(secret);
  }
}

describe('a keyring that fails', () => {
  // A server, or what stands in front of it, may quote what it was sent.
  const quoting =
    (status: number, headers = {}) =>
    (): Failure => ({
      status,
      headers,
      text: [...server.secrets, key.bytes.toString('base64')].join(' '),
    });

  it.each<[string, () => Failure, string]>([
    ['that is sealed', quoting(503), 'sealed'],
    ['that breaks', quoting(500), 'failing'],
    ['behind a broken proxy', quoting(502), 'failing'],
    ['that forgets its key', quoting(404), 'missing'],
    ['that allows nothing any more', quoting(403), 'denied'],
    ['that sends elsewhere', quoting(307, { location: 'http://127.0.0.1:1/' }), 'failing'],
    ['that asks for patience', quoting(429, { 'retry-after': '0' }), 'limited'],
    ['that answers with something else', () => 'garbage', 'failing'],
    ['that answers without end', () => 'huge', 'failing'],
    ['that breaks off', () => 'reset', 'unreachable'],
    ['that begins to answer and stops', () => 'slow', 'slow'],
  ])('%s is away, gives no secret away, and is back by itself', async (_title, failure, why) => {
    const [bytes = Buffer.alloc(0)] = await keyring.wrap([key]);
    server.failure = failure();
    for (const work of [() => keyring.wrap([key]), () => keyring.unwrap([{ ...key, bytes }])]) {
      server.ahead += 2_000;
      const error = await failureOf(work());
      expect(error.why).toBe(why);
      expect(error.cause).toBeUndefined();
      expectSilence(error);
    }
    server.failure = undefined;
    server.ahead += 2_000;
    expect(await keyring.unwrap([{ ...key, bytes }])).toEqual([key.bytes]);
    await keyring.check();
  });

  it('stops a start', async () => {
    server.failure = { status: 503, text: 'Vault is sealed' };
    expect((await failureOf(HashicorpKeyring.open(server.settings))).why).toBe('sealed');
  });

  it('is not asked before the time that it named', async () => {
    server.failure = { status: 429, headers: { 'retry-after': '7' } };
    expect((await failureOf(keyring.check())).retryAfterSeconds).toBe(7);
    const asked = server.asked.length;
    server.failure = undefined;
    server.ahead += 6_000;
    expect((await failureOf(keyring.check())).why).toBe('limited');
    expect(server.asked.length).toBe(asked);
    server.ahead += 1_500;
    await keyring.check();
  });

  it('is not asked before that time either when a request under way fails later and otherwise', async () => {
    server.failure = 'slow';
    const slow = failureOf(keyring.versions());
    await vi.waitFor(() => expect(server.asked.at(-1)).toBe(READ));
    server.failure = { status: 429, headers: { 'retry-after': '7' } };
    expect((await failureOf(keyring.check())).why).toBe('limited');
    expect((await slow).why).toBe('slow');
    const asked = server.asked.length;
    server.failure = undefined;
    expect((await failureOf(keyring.check())).why).toBe('limited');
    expect(server.asked.length).toBe(asked);
  });

  it.each<[string, (body: object | undefined) => object | undefined]>([
    ['nothing', () => undefined],
    ['nothing of what was asked', () => ({})],
    ['no results', results(() => null)],
    ['one result less', results((all) => all.slice(1))],
    ['one result more', results((all) => [...all, ...all.slice(1)])],
    ['an empty result', results((all) => [{}, ...all.slice(1)])],
    ['a result of another kind', results((all) => [{ ciphertext: 'x', plaintext: '!' }, ...all.slice(1)])],
  ])('with %s is away: a key at another’s place would be another’s', async (_title, bend) => {
    const two = [key, { ...key, place: context('domain_key', 'permit', 1) }];
    const wrapped = (await keyring.wrap(two)).map((bytes, at) => ({ bytes, place: two[at]?.place ?? PLACE }));
    server.bend = bend;
    for (const work of [keyring.wrap(two), keyring.unwrap(wrapped), keyring.rewrap(wrapped)]) {
      const error = await failureOf(work);
      expect(error.why).toBe('failing');
      expectSilence(error);
    }
  });

  it('is not followed to where it sends', async () => {
    const other = await TransitServer.start();
    server.failure = { status: 307, headers: { location: `${other.address}/v1/transit/encrypt/integument` } };
    await failureOf(keyring.wrap([key]));
    expect(other.asked).toEqual([]);
    await other.close();
  });

  it.each([200, 400])('refuses a batch, by status %d', async (status) => {
    server.refusedBatchStatus = status;
    const bytes = Buffer.from(`vault:v1:${randomBytes(60).toString('base64')}`);
    for (const work of [keyring.unwrap([{ ...key, bytes }]), keyring.rewrap([{ ...key, bytes }])]) {
      const error: unknown = await work.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(KeyringRefused);
      expect(describeError(error).code).toBe('keyring.refused');
      expectSilence(error);
    }
  });
});

describe('a key beside the root key', () => {
  it('is another one, used by the same role', async () => {
    const keks = await keyring.beside('integument-data-keys');
    const [bytes = Buffer.alloc(0)] = await keks.wrap([key]);
    expect(await keks.unwrap([{ ...key, bytes }])).toEqual([key.bytes]);
    await expect(keyring.unwrap([{ ...key, bytes }])).rejects.toThrow(KeyringRefused);
    expect(server.count(LOGIN)).toBe(1);
  });

  it('has to be there, to be allowed both ways, and to bind what it wraps', async () => {
    await expect(keyring.beside('another')).rejects.toThrow(KeyringUnavailable);
    for (const operation of ['encrypt', 'decrypt']) {
      server.failing = `POST transit/${operation}/integument-data-keys`;
      server.failure = { status: 403 };
      expect((await failureOf(keyring.beside('integument-data-keys'))).why).toBe('denied');
    }
    server.failure = undefined;
    const plain = await TransitServer.start({ dataKeysDerived: false });
    const root = await HashicorpKeyring.open(plain.settings);
    await expect(root.beside('integument-data-keys')).rejects.toThrow('derived');
    await plain.close();
  });

  it.each([200, 400])(
    'opens all that it can of a batch of which some is refused, by status %d',
    async (status) => {
      server.refusedBatchStatus = status;
      const keks = await keyring.beside('integument-data-keys');
      const keys = Array.from({ length: 5 }, () => ({ bytes: randomBytes(32), place: PLACE }));
      const wrapped = (await keks.wrap(keys)).map((bytes) => ({ bytes, place: PLACE }));
      const broken = [
        { bytes: Buffer.from(`vault:v1:${randomBytes(60).toString('base64')}`), place: PLACE },
        { bytes: Buffer.from('vault:v9:AAAA'), place: PLACE },
        { bytes: randomBytes(61), place: PLACE },
        { bytes: wrapped[0]?.bytes ?? PLACE, place: context('elsewhere') },
      ];
      const mixed = wrapped.flatMap((one, at) => [broken[at] ?? [], one].flat());
      const opened = await keks.unwrapEach(mixed);
      expect(opened.filter((one) => one !== null)).toEqual(keys.map(({ bytes }) => bytes));
      expect(opened.map((one) => one === null)).toEqual(mixed.map((one) => !wrapped.includes(one)));
      expect(await keks.unwrapEach(broken)).toEqual([null, null, null, null]);
      server.bend = results((all) => all.slice(1));
      expect((await failureOf(keks.unwrapEach(mixed))).why).toBe('failing');
      server.bend = results((all) => [{}, ...all.slice(1)]);
      expect((await failureOf(keks.unwrapEach(mixed))).why).toBe('failing');
    },
  );
});

describe('its token', () => {
  it('is got once for all who ask together, over few connections', async () => {
    server.ahead += 3_600_000;
    await Promise.all(Array.from({ length: 10 }, () => keyring.versions()));
    for (let n = 0; n < 10; n++) await keyring.versions();
    expect(server.count(LOGIN)).toBe(2);
    expect(server.sockets).toBeLessThanOrEqual(4);
  });

  it('is renewed before it ends, and got anew when it can’t be renewed any more', async () => {
    server.ahead += 45_000;
    await keyring.check();
    expect([server.count(LOGIN), server.count(RENEW)]).toEqual([1, 1]);
    for (let seconds = 0; seconds < 900; seconds += 15) {
      server.ahead += 15_000;
      await keyring.check();
    }
    expect(server.count(LOGIN)).toBe(2);
  });

  it('is got anew once when it was revoked', async () => {
    server.revokeTokens();
    await keyring.check();
    expect(server.count(LOGIN)).toBe(2);
  });

  it('is got anew once for all whose requests it was refused for', async () => {
    server.revokeTokens();
    await Promise.all(Array.from({ length: 10 }, () => keyring.versions()));
    expect(server.count(LOGIN)).toBe(2);
  });

  it('that was got meanwhile stays when an older one turns out to be refused', async () => {
    const { address, roleId, secretIdFile } = server.settings;
    const now = () => performance.now();
    const client = new TransitClient({ address, timeoutMs: 1_000, now });
    const role = new AppRole(client, { roleId, secretIdFile, now });
    const token = await role.token();
    role.forget('an older one');
    expect(await role.token()).toBe(token);
    role.forget(token);
    expect(await role.token()).not.toBe(token);
  });

  it('is got anew in time where it is one that can’t be renewed', async () => {
    server.tokenRenewable = false;
    const other = await HashicorpKeyring.open(server.settings);
    server.ahead += 45_000;
    await other.check();
    expect([server.count(LOGIN), server.count(RENEW)]).toEqual([3, 0]);
  });

  it('is got anew where its renewal fails, though the token itself is good', async () => {
    server.failing = RENEW;
    server.failure = { status: 500, text: 'role "integument-vault" does not exist during renewal' };
    server.ahead += 45_000;
    await keyring.check();
    expect([server.count(LOGIN), server.count(RENEW)]).toEqual([2, 1]);
  });

  it('that a sign-in doesn’t bring is a keyring that fails', async () => {
    server.bend = (body, asked) => (asked === LOGIN ? { auth: null } : body);
    expect((await failureOf(HashicorpKeyring.open(server.settings))).why).toBe('failing');
  });

  it('is got anew after its end', async () => {
    server.ahead += 3_600_000;
    await keyring.check();
    expect([server.count(LOGIN), server.count(RENEW)]).toEqual([2, 0]);
  });

  it('is not got with a withdrawn secret; a new one takes effect without a restart', async () => {
    server.withdrawSecret();
    server.revokeTokens();
    const error = await failureOf(keyring.check());
    expect(error.why).toBe('denied');
    expectSilence(error);
    server.newSecret();
    await keyring.check();
  });

  it('is not asked for with the same withdrawn secret until the role is locked out', async () => {
    server.withdrawSecret();
    server.revokeTokens();
    const before = server.count(LOGIN);
    for (let beat = 0; beat < 60; beat++) {
      server.ahead += 5_000;
      expect((await failureOf(keyring.check())).why).toBe('denied');
    }
    expect(server.count(LOGIN) - before).toBe(2);
    server.newSecret();
    await keyring.check();
  });

  it('is asked for again with a refused secret, seldom: it may be the keyring that was wrong', async () => {
    const before = server.count(LOGIN);
    server.revokeTokens();
    const again = server.withdrawSecret();
    for (let minute = 0; minute < 40; minute++) {
      server.ahead += 60_000;
      await failureOf(keyring.check());
    }
    expect(server.count(LOGIN) - before).toBe(4);
    again();
    server.ahead += 17 * 60_000;
    await keyring.check();
  });

  it('is not asked for with an empty secret, nor without its file', async () => {
    const { secretIdFile } = server.settings;
    const before = server.asked.length;
    server.revokeTokens();
    writeFileSync(secretIdFile, '\n');
    expect((await failureOf(HashicorpKeyring.open(server.settings))).why).toBe('denied');
    rmSync(secretIdFile);
    expect((await failureOf(HashicorpKeyring.open(server.settings))).why).toBe('denied');
    expect(server.asked.length).toBe(before);
  });

  it('that opens nothing is no reason to sign in again and again', async () => {
    server.failure = { status: 403 };
    const before = server.asked.length;
    await failureOf(keyring.versions());
    expect(server.asked.length - before).toBe(2);
  });
});

it('the policy of deploy/ allows what is asked, and nothing that isn’t', async () => {
  const [bytes = Buffer.alloc(0)] = await keyring.wrap([key]);
  await keyring.rewrap([{ ...key, bytes }]);
  server.ahead += 45_000;
  await keyring.check();
  // Strict mode's key, with all that is done with it.
  const keks = await keyring.beside('integument-data-keys');
  await keks.unwrapEach([{ ...key, bytes: (await keks.wrap([key]))[0] ?? bytes }]);
  const asked = new Set(server.asked.filter((line) => line !== LOGIN));
  expect([...asked].sort()).toEqual([...ALLOWED].sort());
});

describe('a root key', () => {
  it('that doesn’t bind what it wraps to its place stops the start, whatever it says of itself', async () => {
    const plain = await TransitServer.start({ derived: false });
    await expect(HashicorpKeyring.open(plain.settings)).rejects.toThrow('derived');
    const honest = plain.key.describe();
    plain.key.describe = () => ({ ...honest, derived: true });
    await expect(HashicorpKeyring.open(plain.settings)).rejects.toThrow('does not bind');
    await plain.close();
  });

  it('that can leave the keyring stops the start', async () => {
    const open = await TransitServer.start({ exportable: true });
    await expect(HashicorpKeyring.open(open.settings)).rejects.toThrow('can leave');
    await open.close();
    const honest = server.key.describe();
    server.key.describe = () => ({ ...honest, allow_plaintext_backup: true });
    await expect(HashicorpKeyring.open(server.settings)).rejects.toThrow('can leave');
  });

  it('of another type stops the start', async () => {
    const honest = server.key.describe();
    server.key.describe = () => ({ ...honest, type: 'aes128-gcm96' });
    await expect(HashicorpKeyring.open(server.settings)).rejects.toThrow('type aes256-gcm96');
  });

  it('that is another one under the same name is not vouched for, until the old one is back', async () => {
    const back = server.key.replace();
    for (let beat = 0; beat < 3; beat++) await expect(keyring.check()).rejects.toThrow(KeyringRefused);
    back();
    await keyring.check();
  });

  it('may be rotated, and its least version raised, while it is watched', async () => {
    for (let version = 2; version < 5; version++) {
      server.key.rotate();
      await keyring.check();
      server.key.oldest = version;
      await keyring.check();
    }
  });

  it('of another kind of keyring is refused without asking', async () => {
    const asked = server.asked.length;
    await expect(keyring.unwrap([{ ...key, bytes: randomBytes(61) }])).rejects.toThrow(KeyringRefused);
    expect(() => keyring.versionOf(randomBytes(61))).toThrow(KeyringRefused);
    expect(server.asked.length).toBe(asked);
  });
});

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
