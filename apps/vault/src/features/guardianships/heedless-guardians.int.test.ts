import type { ClientId, GuardianshipId } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Asker } from '@integument/http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { agreed, CASE, Member } from '../../member.fixture.js';
import { API, OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { Family, newGate } from './family.fixture.js';
import { GuardianshipsStore } from './guardianships.store.js';

const CLIENT = 'brand-shop' as ClientId;

let vault: TestVault;
let admin: Member;
let officer: Member;
beforeAll(async () => {
  vault = await TestVault.open();
  admin = await Member.appointed(vault, 'an-admin', ['admin']);
  officer = await Member.appointed(vault, 'an-officer', ['privacy-officer']);
  await vault.query(
    `INSERT INTO client (client_id, use) VALUES ('brand-shop', 'identity'), ('other-shop', 'identity')`,
  );
});
afterEach(() => vault.query('UPDATE client SET removed = false, suspended_at = NULL'));
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const suspend = () => officer.ask((tx, asker) => vault.clients.suspend(tx, asker, CLIENT, CASE));
const suspendedBySql = (client: string) =>
  `UPDATE client SET suspended_at = now() WHERE client_id = '${client}'`;
const isEnding = async (session: string) =>
  (await vault.query('SELECT 1 FROM session_ending WHERE session = $1', [decodeId('ssn', session)])).length >
  0;
const lives = async (session: string) =>
  (await vault.query('SELECT 1 FROM api_session WHERE session = $1', [decodeId('ssn', session)])).length > 0;

async function waiting(): Promise<number> {
  const rows = await vault.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length;
}

async function recorded() {
  const family = await Family.of(vault);
  const { guardianship } = await family.record();
  return { family, guardianship };
}

async function acting() {
  const { family, guardianship } = await recorded();
  const { session } = await family.session(guardianship);
  return { family, guardianship, session };
}

/** The other shop has names for the same two people, and records the same. */
async function recordedElsewhere({ asker, childId }: Family, shop: Asker = OTHER_SHOP) {
  const names = [randomId(), randomId()];
  for (const [at, personId] of [asker.caller.personId, childId].entries())
    await vault.query(
      `INSERT INTO client_pseudonym (person_id, client_id, pseudonym) VALUES ($1, 'other-shop', $2)`,
      [personId, names[at]],
    );
  const [guardian, child] = names.map((name) => encodeId('cps', name)) as never[];
  const body = { guardian, child, purposes: ['ingest'], evidence: 'Seen, too' } as never;
  return (await run((tx) => vault.guardianships.make(tx, shop, body, null))).guardianship as GuardianshipId;
}

describe('a guardian whom a client named that is suspended', () => {
  it('goes on in no session, while what they agreed to, and the guardianship, wait for what comes of it', async () => {
    const { family, guardianship, session } = await acting();
    const gate = newGate();
    await family.open(session, 'ingest', gate);
    await suspend();
    expect([await lives(session), await isEnding(session)]).toEqual([false, true]);
    await expect(family.open(session)).rejects.toThrow('permits.session_unknown');
    const { endings } = await run((tx) => vault.consentEndings.pending(tx, API));
    expect(endings.map((one) => one.gate)).not.toContain(gate);
    const resumed = { client: CLIENT, use: 'identity', purposes: [], vouchesFor: [], dpop: false } as const;
    const parameters = { ...resumed, purposes: [], vouchesFor: [], credentials: [], suspended: false };
    const approval = await agreed(vault, [admin, officer], 'clients.change', parameters);
    await admin.ask((tx, asker) => vault.clients.resume(tx, asker, CLIENT, { approval }));
    expect(await lives((await family.session(guardianship)).session)).toBe(true);
  });

  it('is ended by whoever says so, also of one that is removed, and those of no other client', async () => {
    const [{ session }, other] = [await acting(), await acting()];
    await vault.query(suspendedBySql('other-shop'));
    expect(await lives(session)).toBe(true);
    await vault.query(suspendedBySql('brand-shop'));
    expect([await lives(session), await lives(other.session)]).toEqual([false, false]);
    await vault.query('UPDATE client SET suspended_at = NULL');
    const { session: later } = await acting();
    await vault.query(`UPDATE client SET removed = true WHERE client_id = 'brand-shop'`);
    expect([await lives(later), await isEnding(later)]).toEqual([false, true]);
  });

  it('begins none while it is being suspended', async () => {
    const { family, guardianship } = await recorded();
    let begun: Promise<unknown> | undefined;
    await run(async (tx) => {
      await tx.query(suspendedBySql('brand-shop'));
      begun = family.code(guardianship);
      begun.catch(() => undefined);
      await expect.poll(waiting).toBe(1);
    });
    await expect(begun).rejects.toThrow('guardianships.not_found');
  });

  it('keeps none that began while it was being suspended', async () => {
    const { family, guardianship } = await recorded();
    const code = await family.code(guardianship);
    let suspended: Promise<unknown> | undefined;
    const { session } = await run(async (tx) => {
      const redeemed = await vault.signIn.redeem(tx, API, code);
      suspended = vault.query(suspendedBySql('brand-shop'));
      await expect.poll(waiting).toBe(1);
      return redeemed;
    });
    await suspended;
    expect([await lives(session), await isEnding(session)]).toEqual([false, true]);
  });
});

describe('a guardian who is erased at the very moment', () => {
  it('holds nothing that the erasure waits for while they wait for a code', async () => {
    const { family, guardianship } = await recorded();
    const { personId } = family.asker.caller;
    let begun: Promise<unknown> | undefined;
    await run(async (tx) => {
      // As the erasure does it: they themselves, then their sessions, then what they answer for.
      await tx.query('UPDATE person SET erasing = true WHERE person_id = $1', [personId]);
      await tx.query('DELETE FROM vault_session WHERE person_id = $1', [personId]);
      begun = family.code(guardianship);
      begun.catch(() => undefined);
      await expect.poll(waiting).toBe(1);
      await tx.query('SELECT FROM guardianship WHERE guardianship = $1 FOR UPDATE NOWAIT', [
        decodeId('gua', guardianship),
      ]);
    });
    await expect(begun).rejects.toMatchObject({ code: 'auth.required', status: 401 });
  });

  it('has their erasure take the guardianship before its sessions, as whoever ends it does', async () => {
    const { family, guardianship, session } = await acting();
    let erasing: Promise<unknown> | undefined;
    await run(async (tx) => {
      await tx.query('SELECT FROM guardianship WHERE guardianship = $1 FOR UPDATE', [
        decodeId('gua', guardianship),
      ]);
      erasing = run((other) => vault.erasures.request(other, SHOP, family.asker.caller.personId));
      await expect.poll(waiting).toBe(1);
      await tx.query('SELECT FROM api_session WHERE session = $1 FOR UPDATE NOWAIT', [
        decodeId('ssn', session),
      ]);
    });
    await erasing;
    expect([await lives(session), await isEnding(session)]).toEqual([false, true]);
  });
});

describe('two clients that record the same', () => {
  it('are told nothing of each other, and end what is their own', async () => {
    const { family, guardianship, session } = await acting();
    const other = await recordedElsewhere(family);
    await expect(family.record()).rejects.toThrow('guardianships.known');
    const own = (await family.session(other)).session;
    await family.end(guardianship);
    expect([await lives(session), await lives(own)]).toEqual([false, true]);
    await run((tx) => vault.guardianships.end(tx, OTHER_SHOP, other));
    expect(await lives(own)).toBe(false);
  });

  it('have a child counted once', async () => {
    const { family } = await recorded();
    await recordedElsewhere(family);
    const { personId } = family.asker.caller;
    const count = (childId: Buffer) =>
      run((tx) => new GuardianshipsStore().countOthers(tx, personId, childId));
    expect([await count(randomId()), await count(family.childId)]).toEqual([1, 0]);
  });
});
