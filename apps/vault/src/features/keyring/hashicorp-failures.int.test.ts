import { randomBytes } from 'node:crypto';
import { context } from '@integument/crypto';
import { describeError } from '@integument/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectSilence, failureOf, KEY, PLACE, results, startKeyring } from './hashicorp-keyring.fixture.js';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { KeyringRefused } from './keyring.errors.js';
import { type Failure, TransitServer } from './transit-server.fixture.js';

const READ = 'GET transit/keys/integument';

let server: TransitServer;
let keyring: HashicorpKeyring;
beforeEach(async () => {
  ({ server, keyring } = await startKeyring());
});
afterEach(() => server.close());

describe('a keyring that fails', () => {
  // A server, or what stands in front of it, may quote what it was sent.
  const quoting =
    (status: number, headers = {}) =>
    (): Failure => ({
      status,
      headers,
      text: [...server.secrets, KEY.bytes.toString('base64')].join(' '),
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
    const [bytes = Buffer.alloc(0)] = await keyring.wrap([KEY]);
    server.failure = failure();
    for (const work of [() => keyring.wrap([KEY]), () => keyring.unwrap([{ ...KEY, bytes }])]) {
      server.ahead += 2_000;
      const error = await failureOf(work());
      expect(error.why).toBe(why);
      expect(error.cause).toBeUndefined();
      expectSilence(server, error);
    }
    server.failure = undefined;
    server.ahead += 2_000;
    expect(await keyring.unwrap([{ ...KEY, bytes }])).toEqual([KEY.bytes]);
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
    const two = [KEY, { ...KEY, place: context('domain_key', 'permit', 1) }];
    const wrapped = (await keyring.wrap(two)).map((bytes, at) => ({ bytes, place: two[at]?.place ?? PLACE }));
    server.bend = bend;
    for (const work of [keyring.wrap(two), keyring.unwrap(wrapped), keyring.rewrap(wrapped)]) {
      const error = await failureOf(work);
      expect(error.why).toBe('failing');
      expectSilence(server, error);
    }
  });

  it('is not followed to where it sends', async () => {
    const other = await TransitServer.start();
    server.failure = { status: 307, headers: { location: `${other.address}/v1/transit/encrypt/integument` } };
    await failureOf(keyring.wrap([KEY]));
    expect(other.asked).toEqual([]);
    await other.close();
  });

  it.each([200, 400])('refuses a batch, by status %d', async (status) => {
    server.refusedBatchStatus = status;
    const bytes = Buffer.from(`vault:v1:${randomBytes(60).toString('base64')}`);
    for (const work of [keyring.unwrap([{ ...KEY, bytes }]), keyring.rewrap([{ ...KEY, bytes }])]) {
      const error: unknown = await work.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(KeyringRefused);
      expect(describeError(error).code).toBe('keyring.refused');
      expectSilence(server, error);
    }
  });
});
