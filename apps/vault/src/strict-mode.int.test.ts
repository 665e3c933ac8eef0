import { setTimeout } from 'node:timers/promises';
import type { ClientPseudonym, GateId } from '@integument/contracts';
import { decodeId, encodeId, randomId, SealBroken } from '@integument/crypto';
import { whenReady } from '@integument/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransitServer } from './features/keyring/transit-server.fixture.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import { LONG_MS, rotate, rotationsOf, TestClock, versionsOf } from './rotation.fixture.js';
import { API, SHOP, TestVault } from './vault.fixture.js';
import type { StrictStage } from './vault-place.fixture.js';

const DECRYPT = 'POST transit/decrypt/integument-data-keys';
const ENCRYPT = 'POST transit/encrypt/integument-data-keys';
const UNAVAILABLE = { code: 'keyring.unavailable', status: 503 };
const MINUTE = 60_000;

let server: TransitServer;
let stage: StrictStage;
let vault: TestVault;
/** How far the clock of the KEKs is ahead. */
let later = 0;
beforeEach(async () => {
  later = 0;
  server = await TransitServer.start();
  stage = { server, mode: 'on', pool: 20, now: () => performance.now() + later };
  vault = await TestVault.open(undefined, stage);
});
afterEach(async () => {
  await vault.close();
  await server.close();
});

let people = 0;
const emailFor = (n: number) => `strict${n}@example.org`;
async function somebody(): Promise<{ name: ClientPseudonym; email: string }> {
  const email = emailFor(++people);
  return { email, name: (await vault.enrol({ fields: { email } })) as ClientPseudonym };
}

async function emailOf(name: ClientPseudonym): Promise<string | undefined> {
  const wish = { fields: ['email' as const], purpose: 'delivery' as const, form: 'plain' as const };
  const reason = { code: 'customer-request', reference: 'CASE-1' } as const;
  const grant = { regions: null, policies: [{ id: 'delivery', regions: null }] };
  const reveal = { ...wish, reason };
  return (await vault.unitOfWork.run((tx) => vault.people.reveal(tx, SHOP, name, reveal, grant))).fields
    .email;
}

async function permitsOf(count: number): Promise<GateId[]> {
  const { name } = await somebody();
  const personId = await vault.personIdOf(name);
  const rows = await whenReady(() => {
    vault.keys.demandMinted(count);
    return Array.from({ length: count }, () => {
      const pseudonym = randomId();
      return { gate: randomId(), pseudonym, ...vault.keys.mint('permit', pseudonym) };
    });
  });
  for (const { gate, pseudonym, domainKey, wrapped } of rows)
    await vault.query(
      `INSERT INTO permit (gate_id, epoch, state, person_id, purpose, pseudonym, domain_key, wrapped_key)
       VALUES ($1, 1, 'open', $2, $3, $4, $5, $6)`,
      [gate, personId, `test-${gate.toString('hex')}`, pseudonym, domainKey, wrapped],
    );
  return rows.map(({ gate }) => encodeId('gat', gate) as GateId);
}

const keysOf = async (gates: GateId[]) =>
  (await vault.unitOfWork.run((tx) => vault.permits.handOutKeys(tx, API, { gates, use: 'process' }))).keys;

const formats = async (table = 'person', column = 'wrapped_key') =>
  (
    await vault.query<{ format: number }>(
      `SELECT DISTINCT get_byte(${column}, 0) AS format FROM ${table} ORDER BY 1`,
    )
  ).map(({ format }) => format);

/** Another process, which has nothing in memory. */
async function restart(mode: StrictStage['mode'] = stage.mode): Promise<void> {
  stage.mode = mode;
  vault = await vault.restart();
}

function deny(what: string): void {
  server.failing = what;
  server.failure = { status: 403 };
}

describe('strict mode', () => {
  it('has HashiCorp Vault unwrap each key, and believes it for a minute', async () => {
    const { name, email } = await somebody();
    expect(await formats()).toEqual([2]);
    const before = server.count(DECRYPT);
    expect([await emailOf(name), await emailOf(name)]).toEqual([email, email]);
    expect(server.count(DECRYPT) - before).toBe(1);
    later += MINUTE - 1_000;
    await emailOf(name);
    expect(server.count(DECRYPT) - before).toBe(1);
    later += 1_001;
    expect(await emailOf(name)).toBe(email);
    expect(server.count(DECRYPT) - before).toBe(2);
  });

  it('freezes without it: of a permit that is cold the key stays away, and the freeze does not', async () => {
    const [cold, warm] = (await permitsOf(2)) as [GateId, GateId];
    await restart();
    const freeze = (gate: GateId) =>
      vault.unitOfWork.run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2, withKey: true }));
    const [key] = await keysOf([warm]);
    deny(DECRYPT);
    expect(await freeze(cold)).toEqual({ gate: cold, state: 'frozen', epoch: 2 });
    expect(await freeze(warm)).toEqual({ gate: warm, state: 'frozen', epoch: 2, key: key?.key });
  });

  it('opens nothing of a person without it: a minute later not even what was warm, and again once it may', async () => {
    const { name, email } = await somebody();
    const cold = await somebody();
    await emailOf(name);
    deny(DECRYPT);
    expect(await emailOf(name)).toBe(email);
    await expect(emailOf(cold.name)).rejects.toMatchObject(UNAVAILABLE);
    later += MINUTE + 1;
    await expect(emailOf(name)).rejects.toMatchObject(UNAVAILABLE);
    const entries = (await vault.entries()).length;
    await expect(emailOf(name)).rejects.toMatchObject({ ...UNAVAILABLE, headers: { 'retry-after': '5' } });
    // No entry of a reveal that did not come about.
    expect((await vault.entries()).length).toBe(entries);
    server.failure = undefined;
    later += 1_001;
    expect([await emailOf(name), await emailOf(cold.name)]).toEqual([email, cold.email]);
  });

  it('counts the minute from before the question, however late the answer', async () => {
    const { name } = await somebody();
    server.whileAsked = (asked) => {
      if (asked === DECRYPT) later += 10_000;
      return Promise.resolve();
    };
    await emailOf(name);
    server.whileAsked = undefined;
    const before = server.count(DECRYPT);
    later += MINUTE - 10_000 + 1;
    await emailOf(name);
    expect(server.count(DECRYPT) - before).toBe(1);
  });

  it('takes new people in while keys wrapped ahead last, and then no more until it is back', async () => {
    await somebody();
    server.failure = 'reset';
    let enrolled = 0;
    const enrolling = async () => {
      for (;;) enrolled += (await somebody()).name ? 1 : 0;
    };
    await expect(enrolling()).rejects.toMatchObject(UNAVAILABLE);
    expect(enrolled).toBeGreaterThanOrEqual(10);
    expect(enrolled).toBeLessThan(30);
    server.failure = undefined;
    later += 1_001;
    const { name, email } = await somebody();
    expect(await emailOf(name)).toBe(email);
  });

  it('never asks it while a transaction is open', async () => {
    // So many that none are wrapped in the background, while somebody else's transaction may well be open.
    stage.pool = 200;
    await restart();
    const open: string[] = [];
    server.whileAsked = async (asked) => {
      const [row] = await vault.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'vault tests'
           AND state LIKE 'idle in transaction%'`,
      );
      if (row?.count !== 0) open.push(asked);
    };
    const before = server.asked.length;
    const some = [await somebody(), await somebody()];
    for (const { name, email } of some) expect(await emailOf(name)).toBe(email);
    const gates = await permitsOf(300);
    for (const gate of gates.slice(0, 30)) expect(await keysOf([gate])).toHaveLength(1);
    const clock = new TestClock();
    await rotate(vault, clock, 'person');
    expect(await emailOf(some[0]?.name as ClientPseudonym)).toBe(some[0]?.email);
    expect(server.asked.length - before).toBeGreaterThan(10);
    expect(open).toEqual([]);
  });
});

describe('many keys', () => {
  it('are asked for together: a thousand cold ones cost one question', async () => {
    const gates = await permitsOf(1_000);
    const before = { count: server.count(DECRYPT), items: server.items.length };
    expect(new Set((await keysOf(gates)).map(({ key }) => key)).size).toBe(1_000);
    expect(server.count(DECRYPT) - before.count).toBe(1);
    expect(server.items.slice(before.items)).toContain(1_000);
    await keysOf(gates);
    expect(server.count(DECRYPT) - before.count).toBe(1);
  });

  it('of many requests at once are gathered', async () => {
    const gates = await permitsOf(60);
    const before = server.count(DECRYPT);
    server.whileAsked = () => setTimeout(20);
    const keys = await Promise.all([...gates, ...gates].map((gate) => keysOf([gate])));
    expect(new Set(keys.flat().map(({ key }) => key)).size).toBe(60);
    expect(server.count(DECRYPT) - before).toBeLessThan(20);
  });

  it('are made from ones wrapped ahead, and more than those are wrapped at once', async () => {
    const entries = Array.from({ length: 300 }, () => ({ fields: { email: emailFor(++people) } }));
    const before = server.count(ENCRYPT);
    const batch = () => vault.unitOfWork.run((tx) => vault.desk.enrolBatch(tx, SHOP, entries, null));
    const replies = await Promise.all([batch(), batch(), batch()]);
    expect(replies.map(({ enrolled }) => enrolled)).toEqual([300, 300, 300]);
    expect(server.count(ENCRYPT) - before).toBeLessThan(20);
    const wrapped = await vault.query<{ kek: string }>(
      `SELECT DISTINCT substring(wrapped_key, 4, get_byte(wrapped_key, 2))::text AS kek FROM person`,
    );
    // Each has its own.
    expect(wrapped).toHaveLength(900);
  });

  it('of people whom a search goes through are asked for more and more at a time', async () => {
    const phone = '+442079460018';
    const entries = Array.from({ length: 1_000 }, (_, at) => ({ fields: { account_id: `a${at}`, phone } }));
    await vault.unitOfWork.run((tx) => vault.desk.enrolBatch(tx, SHOP, entries, null));
    const before = server.count(DECRYPT);
    const where = { phone, account_id: 'a700' };
    const { people: found } = await vault.unitOfWork.run((tx) => vault.search.find(tx, SHOP, where, null));
    expect(found).toHaveLength(1);
    // 250, 250 with those behind them, and the rest.
    expect(server.count(DECRYPT) - before).toBe(3);
  });

  it('of tokens of people are opened together', async () => {
    const tokens = new TestTokens(vault);
    const names = await Promise.all(Array.from({ length: 20 }, () => somebody()));
    const made: string[] = [];
    for (const { name } of names)
      made.push(await tokens.make({ field: 'note', value: 'x', person: name, type: 'random' }));
    later += MINUTE + 1;
    const before = server.count(DECRYPT);
    expect(await tokens.revealBatch(made)).toEqual(names.map(() => ({ field: 'note', value: 'x' })));
    expect(server.count(DECRYPT) - before).toBe(1);
  });
});

describe('a key that is not right', () => {
  it('in another row does not open, nor with another row’s KEK', async () => {
    const [one, other] = await Promise.all([somebody(), somebody()]);
    const rows = await vault.query<{ person_id: Buffer; domain_key: number; wrapped_key: Buffer }>(
      'SELECT person_id, domain_key, wrapped_key FROM person ORDER BY person_id',
    );
    const [first, second] = rows;
    if (!first || !second || !one || !other) throw new Error('nobody there');
    const unwrap = (personId: Buffer, wrapped: Buffer) =>
      whenReady(() => vault.keys.unwrap('person', personId, { domainKey: first.domain_key, wrapped }));
    expect(await unwrap(first.person_id, first.wrapped_key)).toHaveLength(32);
    await expect(unwrap(first.person_id, second.wrapped_key)).rejects.toThrow(SealBroken);
    const kekEnd = 3 + first.wrapped_key.readUInt16BE(1);
    const mixed = Buffer.concat([second.wrapped_key.subarray(0, kekEnd), first.wrapped_key.subarray(kekEnd)]);
    await expect(unwrap(first.person_id, mixed)).rejects.toThrow(SealBroken);
    for (const cut of [0, 1, 2, 3, 50, kekEnd, kekEnd + 10])
      await expect(unwrap(first.person_id, first.wrapped_key.subarray(0, cut))).rejects.toThrow(SealBroken);
    // Named by another format, what lies under a KEK is nothing.
    const renamed = Buffer.from(first.wrapped_key);
    renamed[0] = 1;
    await expect(unwrap(first.person_id, renamed)).rejects.toThrow(SealBroken);
  });

  it('fails alone: its neighbours in the batch are opened, by both statuses', async () => {
    for (const status of [200, 400]) {
      server.refusedBatchStatus = status;
      const gates = await permitsOf(10);
      const broken = decodeId('gat', gates[4] ?? '');
      // One character of what HashiCorp Vault wrapped.
      await vault.query(
        `UPDATE permit SET wrapped_key = set_byte(wrapped_key, 40, CASE get_byte(wrapped_key, 40) WHEN 65 THEN 66 ELSE 65 END)
         WHERE gate_id = $1`,
        [broken],
      );
      await expect(keysOf(gates)).rejects.toThrow(SealBroken);
      const before = server.count(DECRYPT);
      expect(await keysOf(gates.filter((_gate, at) => at !== 4))).toHaveLength(9);
      expect(server.count(DECRYPT)).toBe(before);
    }
  });

  it('without the domain key opens nothing either', async () => {
    await somebody();
    const [row] = await vault.query<{ person_id: Buffer; domain_key: number; wrapped_key: Buffer }>(
      'SELECT person_id, domain_key, wrapped_key FROM person',
    );
    if (!row) throw new Error('nobody there');
    const clock = new TestClock();
    await rotate(vault, clock, 'person');
    const newer = (await versionsOf(vault, 'person')).at(-1)?.key_id ?? 0;
    const asked = { domainKey: newer, wrapped: row.wrapped_key };
    await expect(whenReady(() => vault.keys.unwrap('person', row.person_id, asked))).rejects.toThrow(
      SealBroken,
    );
  });
});

describe('going in and out', () => {
  it('opens keys from before, and a rotation moves them in, and out again', async () => {
    await restart('off');
    const before = await Promise.all(Array.from({ length: 25 }, () => somebody()));
    expect(await formats()).toEqual([1]);
    await restart('on');
    const after = await somebody();
    expect(await formats()).toEqual([1, 2]);
    for (const { name, email } of [...before, after]) expect(await emailOf(name)).toBe(email);
    const clock = new TestClock();
    await rotate(vault, clock, 'person');
    expect(await formats()).toEqual([2]);
    const calls = server.count(DECRYPT);
    later += MINUTE + 1;
    await rotate(vault, clock, 'person');
    // All in a batch, not one by one: the old ones, and as often what is wrapped ahead.
    expect(server.count(DECRYPT) - calls).toBeLessThan(10);
    await restart('leaving');
    for (const { name, email } of [...before, after]) expect(await emailOf(name)).toBe(email);
    await rotate(vault, clock, 'person');
    expect(await formats()).toEqual([1]);
    await restart('off');
    for (const { name, email } of [...before, after]) expect(await emailOf(name)).toBe(email);
  });

  it('waits with a rotation while it cannot be asked, and goes on from there', async () => {
    const some = await Promise.all(Array.from({ length: 5 }, () => somebody()));
    const clock = new TestClock();
    const rotations = rotationsOf(vault, clock, { batch: 2 });
    const prepared = await rotations.prepare('person');
    await vault.unitOfWork.run((tx) => rotations.begin(tx, prepared, 'asked', null));
    deny(DECRYPT);
    later += MINUTE + 1;
    let failed = 0;
    for (let round = 0; round < 4; round++) {
      await rotations.tick().catch(() => (failed += 1));
      clock.pass(LONG_MS);
    }
    expect(failed).toBeGreaterThan(0);
    const moved = async () =>
      (await vault.query<{ moved: number }>('SELECT moved::int FROM rotation'))[0]?.moved;
    expect(await moved()).toBe(0);
    server.failure = undefined;
    for (let round = 0; round < 4; round++) {
      later += 1_001;
      await rotations.tick();
      clock.pass(LONG_MS);
    }
    expect(await moved()).toBe(5);
    for (const { name, email } of some) expect(await emailOf(name)).toBe(email);
  });

  it('a process without it says that it can’t open, and that the key is wrong it does not say', async () => {
    const { name } = await somebody();
    await restart('off');
    await expect(emailOf(name)).rejects.toMatchObject({
      ...UNAVAILABLE,
      cause: { code: 'keyring.strict_mode_off' },
    });
    const clock = new TestClock();
    // And its rotations leave such keys where they are.
    await expect(rotate(vault, clock, 'person')).rejects.toMatchObject(UNAVAILABLE);
    expect(await formats()).toEqual([2]);
    const other = await somebody();
    expect(await emailOf(other.name)).toBe(other.email);
  });
});
