import type { SessionPseudonym } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
let session: SessionPseudonym;
beforeAll(async () => {
  planes = await TwoPlanes.open();
  const person = await planes.signIn();
  session = (await person.asker()).caller.content.session;
  for (const purpose of ['ingest', 'recommendation'] as const) {
    await person.give(purpose);
    await person.withdraw(purpose);
    await person.give(purpose);
    await person.history(purpose);
  }
  expect(await person.store()).toBe(true);
});
afterAll(() => planes.close());

describe('who has a dump of the platform’s database', () => {
  it('knows which entries are of which open permit, and still joins no purposes by the audit log', async () => {
    const rows = await planes.api.query<{ purpose: string; subject: Buffer }>(
      'SELECT purpose, subject FROM permit_gate WHERE pseudonym IS NOT NULL',
    );
    const purposeOf = new Map(rows.map((row) => [row.subject.toString('base64url'), row.purpose]));
    const purposesOf = new Map<string, Set<string>>();
    for (const { actor, subject, purpose } of await planes.api.entries()) {
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
