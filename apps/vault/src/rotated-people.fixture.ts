import { type ClientPseudonym, type GateId, IDENTITY_FIELDS } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { expect } from 'vitest';
import type { StoredToken } from './features/tokens/sealed-token.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import { openersOf } from './rotation.fixture.js';
import { API, SHOP, type TestVault } from './vault.fixture.js';

interface StoredValue {
  readonly person_id: Buffer;
  readonly domain_key: number;
  readonly wrapped_key: Buffer;
  readonly field: never;
  readonly sealed: Buffer;
}

/** People, their permits, and tokens, whose keys are rotated. What is done with them may be done by another process. */
export class RotatedPeople {
  #people = 0;
  #values = 100;

  constructor(private readonly vault: TestVault) {}

  async somebody(account?: { subject: string }, on = this.vault) {
    const email = `rotated${++this.#people}@example.org`;
    const name = await on.enrol({ fields: { email, phone: '+442079460018' }, ...(account && { account }) });
    return { email, name: name as ClientPseudonym };
  }

  async emailOf(name: ClientPseudonym, on = this.vault) {
    const wanted = { fields: ['email' as const], purpose: 'delivery' as const, form: 'plain' as const };
    const reason = { code: 'customer-request', reference: 'CASE-1' } as const;
    const grant = { regions: null, policies: [{ id: 'delivery', regions: null }] };
    const shown = await on.unitOfWork.run((tx) =>
      on.people.reveal(tx, SHOP, name, { ...wanted, reason }, grant),
    );
    return shown.fields.email;
  }

  async found(email: string, on = this.vault): Promise<number> {
    return (await on.unitOfWork.run((tx) => on.search.find(tx, SHOP, { email }, null))).people.length;
  }

  putToken(value = `value ${++this.#values}`, on = this.vault) {
    return new TestTokens(on).make({ field: 'note', value, type: 'deterministic' });
  }

  async permitOf(name: ClientPseudonym): Promise<GateId> {
    const { vault } = this;
    const session = await vault.sessionOf(await vault.personIdOf(name));
    const gate = encodeId('gat', randomId()) as GateId;
    await vault.unitOfWork.run((tx) =>
      vault.permitOpenings.open(tx, API, { session, purpose: 'ingest', gate, epoch: 1 }),
    );
    return gate;
  }

  /** Opens everything that lies under any domain key. @returns how much that is */
  async allOpen(): Promise<number> {
    return (await this.openValues()) + (await this.openPermits()) + (await this.openTokens());
  }

  private async openValues(): Promise<number> {
    const rows = await this.vault.query<StoredValue>(
      'SELECT person_id, domain_key, wrapped_key, field, sealed FROM person JOIN identity_value USING (person_id)',
    );
    for (const { person_id: personId, domain_key: domainKey, wrapped_key: wrapped, field, sealed } of rows) {
      const value = { field, sealed, digest: null, indexKey: null };
      const opened = this.vault.sealer.open(
        { personId, domainKey, wrapped, subject: randomId(), values: [value] },
        IDENTITY_FIELDS,
      );
      expect(Object.keys(opened)).toEqual([field]);
    }
    return rows.length;
  }

  private async openPermits(): Promise<number> {
    const rows = await this.vault.query<{ pseudonym: Buffer; domainKey: number; wrapped: Buffer }>(
      `SELECT pseudonym, domain_key AS "domainKey", wrapped_key AS wrapped FROM permit WHERE state <> 'destroyed'`,
    );
    for (const { pseudonym, ...wrapped } of rows) {
      expect(this.vault.keys.unwrap('permit', pseudonym, wrapped)).toHaveLength(32);
    }
    return rows.length;
  }

  private async openTokens(): Promise<number> {
    const rows = await this.vault.query<StoredToken>(
      'SELECT token, field, domain, domain_key AS "domainKey", sealed FROM token WHERE domain_key IS NOT NULL',
    );
    const { tokens } = openersOf(this.vault);
    for (const token of rows) expect(tokens.open(token, null)).toMatch(/^value \d+$/);
    return rows.length;
  }
}
