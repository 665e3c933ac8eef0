import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppRole } from './app-role.js';
import { expectSilence, failureOf, LOGIN, startKeyring } from './hashicorp-keyring.fixture.js';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { TransitClient } from './transit-client.js';
import type { TransitServer } from './transit-server.fixture.js';

const RENEW = 'POST auth/token/renew-self';

let server: TransitServer;
let keyring: HashicorpKeyring;
beforeEach(async () => {
  ({ server, keyring } = await startKeyring());
});
afterEach(() => server.close());

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
    expectSilence(server, error);
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
