import { freezePermit, permitKeys } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersonSession } from './person-session.js';
import { isProven, recordOf, verify } from './receipt-reading.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

const statusOf = (changed: Parameters<typeof recordOf>[0]) => recordOf(changed)['dpv:hasConsentStatus'];

const ended = async (person: PersonSession) =>
  planes.api.query(`UPDATE permit_gate SET ends_on = current_date WHERE pseudonym = $1`, [
    await person.pseudonym(),
  ]);

describe('a receipt', () => {
  it('is given with each change of mind, and verifies offline', async () => {
    const person = await planes.signIn();
    const given = await person.give();
    const withdrawn = await person.withdraw();
    const renewed = await person.give();
    const all = [given, withdrawn, renewed];
    for (const changed of all) expect(await isProven(changed, planes.api.signer)).toBe(true);
    expect(all.map((changed) => statusOf(changed)?.['@type'])).toEqual([
      'dpv:ConsentGiven',
      'dpv:ConsentWithdrawn',
      'dpv:RenewedConsentGiven',
    ]);
    expect(statusOf(given)?.['dct:valid']).toBe(given.endsOn);
    expect((await verify(given, planes.api.signer)).said).toContain('by      Test Skin');
  });

  it('has what ISO/IEC TS 27560 demands of a record', async () => {
    const given = await (await planes.signIn()).give('recommendation');
    expect(recordOf(given)).toMatchObject({
      'dpv:hasDataSubject': { 'dct:identifier': given.permit },
      'dpv:hasDataController': { 'dpv:hasName': 'Test Skin', 'dpv:hasContact': ['privacy@example.test'] },
      'dpv:hasJurisdiction': 'loc:DE',
      'dpv:hasLegalBasis': ['eu-gdpr:A6-1-a', 'eu-gdpr:A9-2-a'],
      'dpv:hasNotice': {
        'dct:language': 'en',
        'dct:identifier': `sha256:${planes.api.agreementTo('recommendation').notice}`,
      },
      'dpv:hasProcess': {
        'dpv:hasPurpose': { '@type': 'dpv:ProvideProductRecommendations' },
        'dpv:hasRecipient': [],
      },
      'dpv:hasConsentControl': { '@type': 'dpv:WithdrawConsent' },
    });
  });

  it('does not verify with one character changed, wherever', async () => {
    const { receipt } = await (await planes.signIn()).give();
    const text = receipt ?? '';
    const step = Math.ceil(text.length / 200);
    for (let at = 0; at < text.length; at += step) {
      if (text[at] === '.') continue;
      const changed = `${text.slice(0, at)}${text[at] === 'Q' ? 'R' : 'Q'}${text.slice(at + 1)}`;
      // The last character of a part has bits that mean nothing.
      if (/^[.]|^$/.test(text.slice(at + 1, at + 2))) continue;
      expect([at, (await verify({ receipt: changed }, planes.api.signer)).status]).toEqual([at, 1]);
    }
  });

  it('is there again in the history, under the permit’s key alone', async () => {
    const person = await planes.signIn();
    const receipts = [(await person.give()).receipt, (await person.withdraw()).receipt];
    expect((await person.events()).map(({ receipt }) => receipt)).toEqual(receipts);
    const rows = await planes.api.query<{ sealed: Buffer }>('SELECT sealed FROM consent_receipt');
    expect(rows.length).toBeGreaterThanOrEqual(receipts.length);
    for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toContain('dpv');
  });

  it('of a withdrawal is kept by one call of the vault, which is not told again', async () => {
    const person = await planes.signIn();
    await person.give();
    planes.line.failNext(permitKeys, 'lost');
    const { receipt } = await person.withdraw();
    expect(await planes.api.query(`SELECT 1 FROM outbox WHERE topic = 'permits.freeze'`)).toEqual([]);
    // Nobody called for the key; this does.
    await expect(person.events()).rejects.toThrow();
    expect((await person.events()).at(-1)?.receipt).toBe(receipt);
  });

  it('of a withdrawal comes also while the vault is away, which then has no copy of it', async () => {
    const person = await planes.signIn();
    await person.give();
    planes.line.failNext(freezePermit, 'lost');
    planes.line.failNext(permitKeys, 'lost');
    expect(await isProven(await person.withdraw(), planes.api.signer)).toBe(true);
    expect((await person.events()).map((event) => event.receipt !== null)).toEqual([true, false]);
  });
});

describe('a consent whose time is up', () => {
  it('ends as if it had been taken back, with a receipt of its own', async () => {
    const person = await planes.signIn();
    await person.give();
    expect(await planes.api.expiry.run()).toBe(0);
    await ended(person);
    expect(await planes.api.expiry.run()).toBe(1);
    const [, expired] = await person.events();
    expect(expired).toMatchObject({ kind: 'expired', channel: 'none' });
    expect(statusOf(expired)?.['@type']).toBe('dpv:ConsentExpired');
    expect(await person.state()).toBe('frozen');
    expect((await person.give()).state).toBe('open');
  });

  it('goes on where it is given again before', async () => {
    const person = await planes.signIn();
    const { permit, endsOn } = await person.give();
    expect((await person.give()).receipt).toBeNull();
    await ended(person);
    await planes.api.query('ALTER TABLE consent_event DISABLE TRIGGER consent_event_is_final');
    await planes.api.query('UPDATE consent_event SET on_day = on_day - 700');
    await planes.api.query('ALTER TABLE consent_event ENABLE TRIGGER consent_event_is_final');
    const renewed = await person.give();
    expect(renewed).toMatchObject({ state: 'open', permit, endsOn });
    expect(statusOf(renewed)?.['@type']).toBe('dpv:RenewedConsentGiven');
    expect(await planes.api.expiry.run()).toBe(0);
  });
});
