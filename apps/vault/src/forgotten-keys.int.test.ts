import { BlindIndex } from '@integument/crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Domain, SessionDigests, SessionSecret } from './features/keys/index.js';
import { rotate, TestClock } from './rotation.fixture.js';
import { TestVault } from './vault.fixture.js';

let vault: TestVault;
beforeEach(async () => {
  vault = await TestVault.open();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await vault.close();
});

async function destroyFirst(domain: Domain): Promise<void> {
  await rotate(vault, new TestClock(), domain);
  await vault.query(
    `UPDATE domain_key SET state = 'destroyed', wrapped = NULL, destroyed_at = clock_timestamp()
     WHERE domain = $1 AND version = 1`,
    [domain],
  );
  await vault.keys.refresh();
}

describe('what was derived from a key that is destroyed', () => {
  it('is overwritten in the blind index as soon as a process has read of it', async () => {
    const wiped = vi.spyOn(BlindIndex.prototype, 'wipe');
    vault.index.digest('email', 'a');
    await destroyFirst('index');
    expect(wiped.mock.contexts).toHaveLength(1);
    const [gone] = wiped.mock.contexts as BlindIndex[];
    expect(() => gone?.digest('email', 'a')).toThrow('wiped');
    expect(vault.index.allDigests('email', 'a')).toEqual([vault.index.digest('email', 'a')]);
  });

  it('is overwritten where a secret was made for a use, and where something counts by that', async () => {
    const { keys } = vault;
    const secret = new SessionSecret(keys, 'test');
    const digests = new SessionDigests(secret);
    const first = secret.now();
    const before = digests.digest('a', 'b');
    await destroyFirst('session');
    expect(first).toEqual(Buffer.alloc(first.length));
    expect(secret.all()).toHaveLength(1);
    // There is nothing to go on by: not by a key of zeros.
    const now = vi.spyOn(keys, 'now').mockImplementation(() => {
      throw new Error('away');
    });
    expect(() => digests.digest('a', 'b')).toThrow('away');
    now.mockRestore();
    expect(digests.digest('a', 'b')).not.toEqual(before);
  });
});
