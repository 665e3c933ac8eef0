import type { SessionPseudonym } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';

let vault: TestVault;
let api: TestApi;
let session: SessionPseudonym;
beforeAll(async () => {
  vault = await TestVault.open();
  api = await TestApi.open(new InProcessVault(vault).asClient());
  const personId = await vault.personIdOf(await vault.enrol({ fields: { email: 'dump@example.org' } }));
  session = await vault.sessionOf(personId);
  const secret = await api.openSession(sessionContent(session));
  for (const purpose of ['ingest', 'recommendation'] as const) {
    await api.consent.give(await api.asker(secret), purpose, api.agreementTo(purpose));
    await api.takingBack.withdraw(await api.asker(secret), purpose);
    await api.consent.give(await api.asker(secret), purpose, api.agreementTo(purpose));
    await api.consents.history(await api.asker(secret), purpose);
  }
  const asker = await api.asker(secret);
  const reading = {
    batch: '5d0b1b2e-0b1f-4a52-8f55-6d7d0a0b9c01',
    stream: 'heart-rate' as const,
    readings: [[1_760_000_000_000, 61]] as [number, number][],
  };
  const pseudonym = api.permits.pseudonymOf(asker.caller, 'ingest', undefined);
  await api.permits.through(pseudonym, 'ingest', (tx, leave) =>
    api.ingest.storeBatch(tx, asker, leave, reading),
  );
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

describe('who has a dump of the platform’s database', () => {
  it('knows which entries are of which open permit, and still joins no purposes by the audit log', async () => {
    const rows = await api.query<{ purpose: string; subject: Buffer }>(
      'SELECT purpose, subject FROM permit_gate WHERE pseudonym IS NOT NULL',
    );
    const purposeOf = new Map(rows.map((row) => [row.subject.toString('base64url'), row.purpose]));
    const purposesOf = new Map<string, Set<string>>();
    for (const { actor, subject, purpose } of await api.entries()) {
      const about = (subject && purposeOf.get(subject)) ?? purpose;
      if (about) purposesOf.set(actor.id, (purposesOf.get(actor.id) ?? new Set()).add(about));
    }
    expect([...new Set([...purposesOf.values()].flatMap((some) => [...some]))].sort()).toEqual([
      'ingest',
      'recommendation',
    ]);
    for (const purposes of purposesOf.values()) expect(purposes.size).toBe(1);
    // The session’s own name, which the vault knows, stands by no permit either.
    expect(purposesOf.has(session)).toBe(false);
  });
});
