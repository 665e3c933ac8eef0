import { randomBytes } from 'node:crypto';
import { BlindIndex, randomId } from '@integument/crypto';
import { Idempotency, openDatabase, UnitOfWork } from '@integument/database';
import { freshDatabases } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKeyring } from './features/keyring/index.js';
import { DomainKeys, domainPlace, SessionDigests, SessionSecret, StaffNames } from './features/keys/index.js';
import { KeysStore } from './features/keys/keys.store.js';
import { SignInAttempts } from './features/sign-in/sign-in-attempts.js';
import { beginOf, LONG_MS, rotationsOf, TestClock } from './rotation.fixture.js';
import { TestVault } from './vault.fixture.js';
import { keyringFiles } from './vault-place.fixture.js';

describe('while the session key is rotated', () => {
  let now: TestVault;
  let before: TestVault;
  let clock: TestClock;
  beforeAll(async () => {
    now = await TestVault.open();
    before = await now.another();
    clock = new TestClock();
    await beginOf(now, clock, 'session');
    await rotationsOf(now, clock).tick();
    await before.keys.refresh();
    clock.pass(LONG_MS);
    await rotationsOf(now, clock).tick();
  });
  afterAll(async () => {
    await before.leave();
    await now.close();
  });

  const repliesOf = ({ keys }: TestVault) => {
    const secret = new SessionSecret(keys, 'test');
    return new Idempotency(() => secret.all());
  };
  const request = () => ({
    caller: 'shop',
    key: randomBytes(12).toString('hex'),
    fingerprint: randomBytes(32),
  });
  const once = (on: TestVault, asked: ReturnType<typeof request>) =>
    on.unitOfWork.run((tx) =>
      repliesOf(on).once(tx, asked, () => Promise.resolve({ id: randomId().toString('hex') })),
    );

  it('two processes seal under two versions', () => {
    expect(now.keys.now('session').id).not.toBe(before.keys.now('session').id);
  });

  it('a request that is repeated at either is answered with the first reply, and has one effect', async () => {
    for (let round = 0; round < 20; round++) {
      const asked = request();
      const [one, other] = round % 2 ? [now, before] : [before, now];
      const first = await once(one, asked);
      expect(await once(other, asked)).toEqual({ reply: first.reply, replayed: true });
      const racing = request();
      const both = await Promise.all([once(one, racing), once(other, racing)]);
      expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
      expect(both[0]?.reply).toEqual(both[1]?.reply);
    }
  });

  it('a reply that was kept before anybody knew the new version is found by it', async () => {
    const asked = request();
    const [oldest] = now.keys.all('session');
    if (!oldest) throw new Error('no version');
    const one = { onForget: () => undefined, all: () => [oldest] } as unknown as DomainKeys;
    const secret = new SessionSecret(one, 'test');
    const first = await now.unitOfWork.run((tx) =>
      new Idempotency(() => secret.all()).once(tx, asked, () => Promise.resolve('kept')),
    );
    expect(first).toEqual({ reply: 'kept', replayed: false });
    expect(await once(now, asked)).toEqual({ reply: 'kept', replayed: true });
    expect(await once(now, asked)).toEqual({ reply: 'kept', replayed: true });
  });

  it('an attempt at sign-in goes on at either', () => {
    const attempt = {
      issuer: 'https://provider.example',
      redirectUri: 'https://vault.example/cb',
      state: 's',
      nonce: 'n',
      verifier: 'v',
      returnTo: null,
      fresh: false,
      expiresAt: Date.now() + 60_000,
    };
    const [here, there] = [new SignInAttempts(now.keys), new SignInAttempts(before.keys)];
    expect(there.open(here.seal(attempt))).toEqual(attempt);
    expect(here.open(there.seal(attempt))).toEqual(attempt);
    expect(here.open(randomBytes(80).toString('base64url'))).toBeNull();
  });

  it('counts go by the version of now, and by the last one while no key may be used', () => {
    let away = false;
    const keys = {
      onForget: () => undefined,
      now: () => {
        if (away) throw new Error('away');
        return now.keys.now('session');
      },
    } as unknown as DomainKeys;
    const digests = new SessionDigests(new SessionSecret(keys, 'test'));
    const one = digests.digest('a', 'b');
    away = true;
    expect(digests.digest('a', 'b')).toEqual(one);
    const never = new SessionDigests(new SessionSecret(keys, 'test'));
    expect(() => never.digest('a', 'b')).toThrow('away');
  });
});

describe('staff', () => {
  it('who were named under the first index key keep their names; others get a key of its own', async () => {
    for (const upgraded of [true, false]) {
      const files = keyringFiles();
      const { vaultUrl: url, drop } = await freshDatabases();
      const dataSource = await openDatabase({ url, poolSize: 4, applicationName: 'test', migrations: [] });
      const keyring = await EmbeddedKeyring.load(files);
      const first = randomBytes(32);
      const [wrapped] = await keyring.wrap([{ bytes: first, place: domainPlace('index', 1) }]);
      await dataSource.query(`INSERT INTO domain_key (domain, version, wrapped) VALUES ('index', 1, $1)`, [
        wrapped,
      ]);
      const old = new BlindIndex(first).digest(
        'account',
        JSON.stringify(['https://provider.example', 'ada']),
      );
      if (upgraded)
        await dataSource.query(`INSERT INTO staff (account, roles) VALUES ($1, '{admin}')`, [old]);
      const felt = { demand: () => undefined };
      const keys = new DomainKeys(keyring, new KeysStore(), new UnitOfWork(dataSource), felt);
      await keys.load();
      expect(new StaffNames(keys).of('https://provider.example', 'ada').equals(old)).toBe(upgraded);
      await dataSource.destroy();
      await drop();
      files.remove();
    }
  });
});
