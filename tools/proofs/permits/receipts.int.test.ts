import { freezePermit, type PurposeName, permitKeys } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { testMachine } from '../../auditor/machine.fixture.js';
import { verifyCommand } from '../../verify/command.js';
import { InProcessVault } from './in-process-vault.js';

let vault: TestVault;
let api: TestApi;
let line: InProcessVault;
beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

let people = 0;

class Person {
  private constructor(private readonly secret: string) {}

  static async signedIn(): Promise<Person> {
    const name = await vault.enrol({ fields: { email: `r${++people}@example.org` } });
    const session = await vault.sessionOf(await vault.personIdOf(name));
    return new Person(await api.openSession(sessionContent(session)));
  }

  give = async (purpose: PurposeName) =>
    api.consent.give(await api.asker(this.secret), purpose, api.agreementTo(purpose));
  withdraw = async (purpose: PurposeName) =>
    (await api.takingBack.withdraw(await api.asker(this.secret), purpose)).state;
  events = async (purpose: PurposeName) =>
    (await api.consents.history(await api.asker(this.secret), purpose)).events;
}

/** What the verifier says of it, which trusts the public key alone. */
async function verify(receipt: string | null) {
  const files = { 'r.jws': receipt ?? '', 'keys.json': JSON.stringify({ keys: [api.signer.publicKey] }) };
  const run = testMachine(files);
  const status = await verifyCommand(['--receipt', 'r.jws', '--keys', 'keys.json'], run.machine);
  return { status, said: run.out || run.error };
}

interface Receipt {
  readonly 'dpv:hasRecordOfActivity': Readonly<Record<string, object | string>>;
}
const contentOf = (receipt: string | null) =>
  JSON.parse(Buffer.from(receipt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as Receipt;
const statusOf = (receipt: string | null) =>
  contentOf(receipt)['dpv:hasRecordOfActivity']['dpv:hasConsentStatus'] as Record<string, string>;

const ended = (permit: string | null) =>
  api.query(`UPDATE permit_gate SET ends_on = current_date WHERE pseudonym = $1`, [
    api.permits.pseudonymOf(
      { kind: 'person', permits: [{ purpose: 'ingest', pseudonym: permit }] } as never,
      'ingest',
      undefined,
    ),
  ]);

describe('a receipt', () => {
  it('is given with each change of mind, and verifies offline', async () => {
    const person = await Person.signedIn();
    const given = await person.give('ingest');
    const withdrawn = await person.withdraw('ingest');
    const renewed = await person.give('ingest');
    const all = [given, withdrawn, renewed];
    for (const { receipt } of all) expect(await verify(receipt)).toMatchObject({ status: 0 });
    expect(all.map(({ receipt }) => statusOf(receipt)['@type'])).toEqual([
      'dpv:ConsentGiven',
      'dpv:ConsentWithdrawn',
      'dpv:RenewedConsentGiven',
    ]);
    expect(statusOf(given.receipt)['dct:valid']).toBe(given.endsOn);
    expect((await verify(given.receipt)).said).toContain('by      Test Skin');
  });

  it('has what ISO/IEC TS 27560 demands of a record', async () => {
    const { receipt, permit } = await (await Person.signedIn()).give('recommendation');
    const record = contentOf(receipt)['dpv:hasRecordOfActivity'];
    expect(record).toMatchObject({
      'dpv:hasDataSubject': { 'dct:identifier': permit },
      'dpv:hasDataController': { 'dpv:hasName': 'Test Skin', 'dpv:hasContact': ['privacy@example.test'] },
      'dpv:hasJurisdiction': 'loc:DE',
      'dpv:hasLegalBasis': ['eu-gdpr:A6-1-a', 'eu-gdpr:A9-2-a'],
      'dpv:hasNotice': {
        'dct:language': 'en',
        'dct:identifier': `sha256:${api.agreementTo('recommendation').notice}`,
      },
      'dpv:hasProcess': {
        'dpv:hasPurpose': { '@type': 'dpv:ProvideProductRecommendations' },
        'dpv:hasRecipient': [],
      },
      'dpv:hasConsentControl': { '@type': 'dpv:WithdrawConsent' },
    });
  });

  it('does not verify with one character changed, wherever', async () => {
    const { receipt } = await (await Person.signedIn()).give('ingest');
    const text = receipt ?? '';
    const step = Math.ceil(text.length / 200);
    for (let at = 0; at < text.length; at += step) {
      if (text[at] === '.') continue;
      const changed = `${text.slice(0, at)}${text[at] === 'Q' ? 'R' : 'Q'}${text.slice(at + 1)}`;
      // The last character of a part has bits that mean nothing.
      if (/^[.]|^$/.test(text.slice(at + 1, at + 2))) continue;
      expect([at, (await verify(changed)).status]).toEqual([at, 1]);
    }
  });

  it('is there again in the history, under the permit’s key alone', async () => {
    const person = await Person.signedIn();
    const receipts = [(await person.give('ingest')).receipt, (await person.withdraw('ingest')).receipt];
    expect((await person.events('ingest')).map(({ receipt }) => receipt)).toEqual(receipts);
    const rows = await api.query<{ sealed: Buffer }>('SELECT sealed FROM consent_receipt');
    for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toContain('dpv');
  });

  it('of a withdrawal comes also while the vault is away, which then has no copy of it', async () => {
    const person = await Person.signedIn();
    await person.give('ingest');
    line.failNext(freezePermit, 'lost');
    line.failNext(permitKeys, 'lost');
    const { receipt } = await person.withdraw('ingest');
    expect(await verify(receipt)).toMatchObject({ status: 0 });
    expect((await person.events('ingest')).map((event) => event.receipt !== null)).toEqual([true, false]);
  });
});

describe('a consent whose time is up', () => {
  it('ends as if it had been taken back, with a receipt of its own', async () => {
    const person = await Person.signedIn();
    const { permit } = await person.give('ingest');
    expect(await api.expiry.run()).toBe(0);
    await ended(permit);
    expect(await api.expiry.run()).toBe(1);
    const [, expired] = await person.events('ingest');
    expect(expired).toMatchObject({ kind: 'expired', channel: 'none' });
    expect(statusOf(expired?.receipt ?? null)['@type']).toBe('dpv:ConsentExpired');
    const gates = await api.query(
      'SELECT state FROM permit_gate WHERE due_on IS NOT NULL AND pseudonym IS NOT NULL',
    );
    expect(gates.length).toBeGreaterThan(0);
    expect((await person.give('ingest')).state).toBe('open');
  });

  it('goes on where it is given again before', async () => {
    const person = await Person.signedIn();
    const { permit, endsOn } = await person.give('ingest');
    expect((await person.give('ingest')).receipt).toBeNull();
    await ended(permit);
    await api.query('ALTER TABLE consent_event DISABLE TRIGGER consent_event_is_final');
    await api.query('UPDATE consent_event SET on_day = on_day - 700');
    await api.query('ALTER TABLE consent_event ENABLE TRIGGER consent_event_is_final');
    const renewed = await person.give('ingest');
    expect(renewed).toMatchObject({ state: 'open', permit, endsOn });
    expect(statusOf(renewed.receipt)['@type']).toBe('dpv:RenewedConsentGiven');
    expect(await api.expiry.run()).toBe(0);
  });
});
