import { listKeys, type RotationId, readRotation, rotateKey } from '@integument/contracts';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { findEntries } from '../../../tools/outside/find-entries.js';

// An admin rotates a key of the running vault, and those who watch see how far it is.

const info = platform();
const { vault } = info.urls;
let admin: Browser;
let auditor: Browser;
beforeAll(async () => {
  admin = await signIn(info, info.staff.admin);
  auditor = await signIn(info, info.staff.auditor);
});

let rotation: RotationId;

describe('somebody who looks after keys', () => {
  it('begins a rotation, once, sees what it waits for, and finds it in the log', async () => {
    const params = { domain: 'factor' } as const;
    const begun = await ask(admin, vault, rotateKey, { params });
    expect(begun).toMatchObject({ domain: 'factor', why: 'asked', state: 'arriving', waitsFor: 'processes' });
    rotation = begun.rotation;
    const again = await request(admin, vault, rotateKey, { params });
    expect([again.status, again.problem?.code]).toEqual([409, 'keys.rotating']);
    const read = await ask(auditor, vault, readRotation, { params: { rotation: begun.rotation } });
    expect(read).toMatchObject({ rotation: begun.rotation, toVersion: begun.toVersion });
    const { domains, rotationDays, destroyAfterDays, operator, keyring } = await ask(
      auditor,
      vault,
      listKeys,
    );
    expect([rotationDays, destroyAfterDays, operator, keyring]).toEqual([30, 30, [], 'embedded']);
    const factor = domains.find(({ domain }) => domain === 'factor');
    expect(factor?.rotation?.rotation).toBe(begun.rotation);
    expect(factor?.versions.at(-1)).toMatchObject({ version: begun.toVersion, state: 'arriving' });
    await vi.waitFor(
      async () => {
        const entries = await findEntries(auditor, vault, { action: 'keys.rotate' });
        expect(entries.map(({ entry }) => entry.object)).toContain(begun.rotation);
      },
      { timeout: 20_000 },
    );
  });

  it('gets no key by it, and destroys none', async () => {
    const { json } = await request(auditor, vault, listKeys);
    expect(JSON.stringify(json)).not.toMatch(/wrapped|[A-Za-z0-9_-]{43}/);
  });

  it('is refused for a key that is none, a rotation that there is not, and without the role', async () => {
    for (const domain of ['name', 'nothing', 'person%00', '']) {
      const refused = await request(admin, vault, rotateKey, { params: { domain } });
      expect([400, 404]).toContain(refused.status);
    }
    const params = { rotation: 'rot_00000000000000000000000000000000' };
    expect([400, 404]).toContain((await request(admin, vault, readRotation, { params })).status);
    const shop = new Client(info, 'brand-shop');
    for (const visitor of [auditor, shop]) {
      const refused = await request(visitor, vault, rotateKey, { params: { domain: 'permit' } });
      expect(refused.status).toBe(403);
    }
    expect((await request(shop, vault, listKeys)).status).toBe(403);
  });

  // Once every replica has had the time to look for new keys: a minute and more after it was begun.
  it('sees it go on by itself', { timeout: 180_000 }, async () => {
    await vi.waitFor(
      async () => {
        const read = await ask(auditor, vault, readRotation, { params: { rotation } });
        expect(read.state).not.toBe('arriving');
      },
      { timeout: 170_000, interval: 2_000 },
    );
  });
});
