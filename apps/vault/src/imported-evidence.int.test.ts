import type { ClientPseudonym } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  consentOf,
  day,
  evidence,
  importsAt,
  LEGAL,
  notice,
  OFFICER,
} from './features/consent-imports/consent-imports.fixture.js';
import { Family } from './features/guardianships/family.fixture.js';
import { API, SHOP, TestVault } from './vault.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const { run, enrol, bring, mint, gatesOf, proofOf } = importsAt(() => vault);
const readings = async () =>
  (await vault.entries()).filter(({ action }) => action === 'consent_imports.read_evidence');

describe('what proves a consent', () => {
  it('lies under the person’s own key, is read for a reason, on record, and goes with them', async () => {
    const name = await enrol();
    const personId = await vault.personIdOf(name);
    await bring([consentOf(name)]);
    const rows = await vault.query<{ evidence: Buffer }>(
      'SELECT evidence FROM consent_record WHERE person_id = $1',
      [personId],
    );
    expect(rows[0]?.evidence.toString('latin1')).not.toContain('Lovelace');
    expect(await proofOf(personId)).toEqual({
      consents: [{ notice, givenOn: day(30), receivedOn: day(0), client: 'brand-shop', evidence }],
      guardianships: [],
    });
    expect((await readings()).at(-1)).toMatchObject({ purpose: 'ingest', reason: LEGAL, count: 1 });
    await mint(await gatesOf(name));
    await erase(personId);
    for (const table of ['consent_record', 'imported_opening', 'permit_ended']) {
      expect(await vault.query(`SELECT FROM ${table} WHERE person_id = $1`, [personId])).toEqual([]);
    }
  });

  it('is read by the name of the client as well, which is nobody’s of another', async () => {
    const name = (await enrol()) as ClientPseudonym;
    await bring([consentOf(name)]);
    const ask = (client?: string, regions: readonly string[] | null = null) => {
      const asked = { purpose: 'ingest', reason: LEGAL, client } as const;
      return run((tx) => vault.consentEvidence.read(tx, OFFICER, name, asked as never, regions));
    };
    expect((await ask('brand-shop')).consents).toMatchObject([{ evidence }]);
    for (const client of ['other-shop', undefined])
      await expect(ask(client)).rejects.toThrow('people.not_found');
    await expect(ask('brand-shop', ['FR'])).rejects.toThrow('people.not_found');
  });

  it('doesn’t open in another row', async () => {
    const [one, other] = [await enrol(), await enrol()];
    await bring([consentOf(one), consentOf(other)]);
    const id = await vault.personIdOf(one);
    await vault.query(
      'UPDATE consent_record SET evidence = (SELECT evidence FROM consent_record WHERE person_id = $2) WHERE person_id = $1',
      [id, await vault.personIdOf(other)],
    );
    await expect(proofOf(id)).rejects.toMatchObject({ code: 'people.broken' });
  });
});

describe('what shows who answers for a child', () => {
  it('is read with it, for a purpose that they answer in, and the log says how much was read', async () => {
    const family = await Family.of(vault);
    const shown = 'Birth certificate 17, seen by Ada';
    const { guardianship, endsOn } = await family.record(['ingest'], shown);
    expect(await proofOf(family.childId)).toEqual({
      consents: [],
      guardianships: [
        {
          guardianship,
          purposes: ['ingest'],
          madeOn: day(0),
          endsOn,
          state: 'active',
          client: 'brand-shop',
          evidence: shown,
        },
      ],
    });
    expect((await readings()).at(-1)).toMatchObject({ count: 0, details: { guardianships: 1 } });
    expect(JSON.stringify(await readings())).not.toContain('Ada');
  });

  it('is nothing of another purpose, or of who answers', async () => {
    const family = await Family.of(vault);
    await family.record(['ingest']);
    const nothing = { consents: [], guardianships: [] };
    expect(await proofOf(family.childId, 'analytics')).toEqual(nothing);
    expect(await proofOf(family.asker.caller.personId)).toEqual(nothing);
  });

  it('is still there when it has ended, and doesn’t open in another row', async () => {
    const [one, other] = [await Family.of(vault), await Family.of(vault)];
    await one.end((await one.record()).guardianship);
    await other.record();
    expect((await proofOf(one.childId)).guardianships).toMatchObject([{ state: 'ended' }]);
    await vault.query(
      'UPDATE guardianship SET evidence = (SELECT evidence FROM guardianship WHERE child_id = $1) WHERE child_id = $2',
      [one.childId, other.childId],
    );
    await expect(proofOf(other.childId)).rejects.toMatchObject({ code: 'people.broken' });
  });
});

async function erase(personId: Buffer): Promise<void> {
  const { erasure } = await run((tx) => vault.erasures.request(tx, SHOP, personId));
  await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
}
