import { type Reason, reportBounces } from '@integument/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SHOP, TestVault } from '../../vault.fixture.js';
import { MOST_ATTEMPTS } from './letter-sender.js';
import {
  due,
  letterEntries,
  lettersOf,
  letterTo,
  newKey,
  request,
  type Somebody,
  somebody,
  stay,
} from './letters-stage.fixture.js';
import { MailServer, no, settingsAt } from './mail-server.fixture.js';
import { type Mail, Mailer } from './mailer.js';

let vault: TestVault;
let server: MailServer;
/** What the mail server answers to addresses, in turn; then it takes them. */
let answers: Error[] = [];
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(async () => {
  await vault.query('DELETE FROM letter');
  answers = [];
  server = await new MailServer({ onRcptTo: (_address, _session, done) => done(answers.shift()) }).start();
});
afterEach(() => server.close());

const REASON: Reason = { code: 'rights-request', reference: 'CASE-1' };
const mailer = () => new Mailer(settingsAt(server.port));
const beat = (one = mailer() as { send: Mailer['send'] }) => vault.senderOf(one).beat(stay());
const read = ({ name }: Somebody) => vault.unitOfWork.run((tx) => vault.people.read(tx, SHOP, name, null));
const setEmail = ({ name }: Somebody, email: string) =>
  vault.unitOfWork.run((tx) =>
    vault.people.update(tx, SHOP, name, { fields: { email } }, { regions: null, moves: null, shown: null }),
  );
const report = (...ids: string[]) => {
  const body = reportBounces.body?.parse({ letters: ids, kind: 'permanent' });
  if (!body) throw new Error('no body');
  return vault.unitOfWork.run((tx) => vault.letters.reportBounces(tx, SHOP, body));
};
const ended = async () =>
  (await letterEntries(vault))
    .filter(({ action }) => !['letters.request', 'letters.report_bounces'].includes(action))
    .map(({ action, details }) => (typeof details?.why === 'string' ? `${action} ${details.why}` : action));

async function withLetter(): Promise<Somebody> {
  const one = await somebody(vault);
  await request(vault, letterTo(one));
  return one;
}

describe('a letter', () => {
  it('is sent once, and its address stands in no entry, in no log and in no column', async () => {
    const one = await withLetter();
    await beat();
    await beat();
    expect(server.received).toMatchObject([{ to: [one.email] }]);
    expect(server.received[0]?.raw).toMatch(/One use of your data has ended/);
    expect(await lettersOf(vault, one)).toMatchObject([{ state: 'sent', attempts: 1 }]);
    expect((await ended()).at(-1)).toBe('letters.sent');
    const [row] = await vault.query('SELECT row_to_json(l)::text AS letter FROM letter l');
    const [entries, said] = [await letterEntries(vault), vault.said];
    expect(JSON.stringify({ row, entries, said })).not.toContain('canary');
  });

  it('that is refused for now is tried again after a pause that grows', async () => {
    const one = await withLetter();
    answers = [no(451, 'not now'), no(451, 'not now')];
    await beat();
    const [first] = await lettersOf(vault, one);
    expect(first).toMatchObject({ state: 'queued', attempts: 1 });
    expect(first?.pause).toBeGreaterThan(40);
    expect(first?.pause).toBeLessThan(80);
    await beat();
    expect(server.received).toEqual([]);
    await due(vault);
    await beat();
    expect((await lettersOf(vault, one))[0]?.pause).toBeGreaterThan(85);
    await due(vault);
    await beat();
    expect(await lettersOf(vault, one)).toMatchObject([{ state: 'sent', attempts: 3 }]);
    expect(server.received).toHaveLength(1);
    expect(await read(one)).toMatchObject({ undeliverable: false });
  });

  it('is given up after the last attempt, and nobody’s address is blamed for it', async () => {
    const one = await withLetter();
    await vault.query('UPDATE letter SET attempts = $1', [MOST_ATTEMPTS - 1]);
    answers = [no(451, 'not now')];
    await beat();
    expect(await lettersOf(vault, one)).toMatchObject([{ state: 'failed', attempts: MOST_ATTEMPTS }]);
    expect((await ended()).at(-1)).toBe('letters.given_up unreachable');
    expect(await read(one)).toMatchObject({ undeliverable: false });
  });

  it('that comes back marks the address, until there is another one', async () => {
    const one = await withLetter();
    answers = [no(550, 'no such user')];
    await beat();
    expect(await lettersOf(vault, one)).toMatchObject([{ state: 'bounced' }]);
    expect((await ended()).at(-1)).toBe('letters.returned');
    expect(await read(one)).toMatchObject({ undeliverable: true });
    expect(await request(vault, letterTo(one))).toEqual([{ code: 'letters.undeliverable' }]);
    await setEmail(one, one.email.toUpperCase());
    expect(await request(vault, letterTo(one))).toEqual([{ code: 'letters.undeliverable' }]);
    await setEmail(one, `new-${one.email}`);
    expect(await read(one)).toMatchObject({ undeliverable: false });
    expect(await request(vault, letterTo(one))).toEqual([{ accepted: true }]);
    await beat();
    expect(server.received).toMatchObject([{ to: [`new-${one.email}`] }]);
  });

  it('is not sent after its day, nor where there is no address any more', async () => {
    const one = await somebody(vault);
    const { gate } = one;
    await request(vault, { gate, key: newKey(), template: 'consent-ends', on: '2020-01-01' });
    await beat();
    expect((await ended()).at(-1)).toBe('letters.given_up late');
    await request(vault, letterTo(one));
    await vault.query(`DELETE FROM identity_value WHERE person_id = $1`, [await vault.personIdOf(one.name)]);
    await beat();
    expect((await ended()).at(-1)).toBe('letters.given_up no_address');
    expect(server.received).toEqual([]);
  });

  it('is not sent to somebody who is being erased', async () => {
    const one = await withLetter();
    await vault.unitOfWork.run((tx) => vault.erasures.requestFor(tx, SHOP, one.name, REASON, null));
    await beat();
    expect(server.received).toEqual([]);
    expect(await lettersOf(vault, one)).toMatchObject([{ attempts: 0 }]);
  });

  it('is not sent to somebody whose erasure is asked for after it was claimed', async () => {
    const one = await withLetter();
    const personId = await vault.personIdOf(one.name);
    const sender = vault.senderOf(mailer());
    const address = vault.addressees.address.bind(vault.addressees);
    vault.addressees.address = async (tx, id) => {
      await vault.query('UPDATE person SET erasing = true WHERE person_id = $1', [personId]);
      return address(tx, id);
    };
    await sender.beat(stay());
    vault.addressees.address = address;
    expect(server.received).toEqual([]);
  });
});

describe('of several senders', () => {
  it('each letter is sent by one', async () => {
    const people = await Promise.all(Array.from({ length: 30 }, () => withLetter()));
    const other = await vault.another();
    await Promise.all([beat(), other.senderOf(mailer()).beat(stay()), beat()]);
    await other.leave();
    expect(server.received.flatMap(({ to }) => to).sort()).toEqual(people.map(({ email }) => email).sort());
  });

  it('one that dies between the mail server’s answer and its note leaves a letter that comes again under the same name', async () => {
    const one = await withLetter();
    let release = (): void => undefined;
    const hang = new Promise<void>((resolve) => {
      release = resolve;
    });
    const dying = {
      send: async (mail: Mail, signal: AbortSignal) => {
        const delivery = await mailer().send(mail, signal);
        await hang;
        return delivery;
      },
    };
    const dead = vault.senderOf(dying, { leaseMs: 300 }).beat(stay());
    await expect.poll(() => server.received.length).toBe(1);
    await beat();
    expect(server.received).toHaveLength(1);
    await expect.poll(() => beat().then(() => server.received.length), { timeout: 5_000 }).toBe(2);
    expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(1);
    const before = await letterEntries(vault);
    // It wasn't dead, only slow: nothing that it says counts any more.
    release();
    await dead;
    expect(await letterEntries(vault)).toEqual(before);
    expect(await lettersOf(vault, one)).toMatchObject([{ state: 'sent', attempts: 2 }]);
  });

  it('one whose attempt takes too long ends it, within its lease', async () => {
    await withLetter();
    const slow = { send: (_: Mail, signal: AbortSignal) => untilAborted(signal) };
    const begun = Date.now();
    await vault.senderOf(slow, { attemptMs: 100 }).beat(stay());
    expect(Date.now() - begun).toBeLessThan(5_000);
  });
});

describe('a bounce that comes later', () => {
  it('is known by the Message-ID, and marks the address that the letter went to', async () => {
    const one = await withLetter();
    await beat();
    const [{ messageId } = { messageId: '' }] = server.received;
    await report(messageId);
    await report(messageId.slice(1, -1));
    expect(await read(one)).toMatchObject({ undeliverable: true });
    expect(await lettersOf(vault, one)).toMatchObject([{ state: 'bounced' }]);
    const entries = (await letterEntries(vault)).filter(({ action }) => action === 'letters.report_bounces');
    expect(entries).toMatchObject([{ details: { kind: 'permanent' } }, {}]);
    expect(entries[0]?.subject).toBeDefined();
    expect(JSON.stringify(entries)).not.toContain('ltr_');
  });

  it('says nothing of the address that came in the place of that one', async () => {
    const one = await withLetter();
    await beat();
    await setEmail(one, `new-${one.email}`);
    await report(server.received[0]?.messageId ?? '');
    expect(await read(one)).toMatchObject({ undeliverable: false });
  });

  it('of a letter that there is not changes nothing and is answered the same', async () => {
    await report('<ltr_00000000000000000000000000000000@shop.example>');
    expect(() => reportBounces.body?.parse({ letters: ['x@y'], kind: 'permanent' })).toThrow();
  });
});

function untilAborted(signal: AbortSignal) {
  return new Promise<{ outcome: 'later' }>((resolve) => {
    signal.addEventListener('abort', () => resolve({ outcome: 'later' }), { once: true });
  });
}
