import { type ClientPseudonym, type GateId, IDENTITY_FIELDS } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Domain } from './features/keys/index.js';
import { moversOf } from './features/rotation/index.js';
import type { StoredToken } from './features/tokens/sealed-token.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import {
  again,
  beginOf,
  dyingAt,
  type Fault,
  LEASE_MS,
  LONG_MS,
  openersOf,
  rotate,
  rotationsOf,
  settle,
  TestClock,
  versionsOf,
} from './rotation.fixture.js';
import { API, SHOP, TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
beforeAll(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
let people = 0;
let values = 100;

async function somebody(on = vault, account?: { subject: string }) {
  const email = `rotated${++people}@example.org`;
  const name = await on.enrol({ fields: { email, phone: '+442079460018' }, ...(account && { account }) });
  return { email, name: name as ClientPseudonym };
}

async function emailOf(name: ClientPseudonym, on = vault) {
  const wanted = { fields: ['email' as const], purpose: 'delivery' as const, form: 'plain' as const };
  const reason = { code: 'customer-request', reference: 'CASE-1' } as const;
  const grant = { regions: null, policies: [{ id: 'delivery', regions: null }] };
  const shown = await on.unitOfWork.run((tx) =>
    on.people.reveal(tx, SHOP, name, { ...wanted, reason }, grant),
  );
  return shown.fields.email;
}

async function found(email: string, on = vault): Promise<number> {
  return (await on.unitOfWork.run((tx) => on.search.find(tx, SHOP, { email }, null))).people.length;
}

const stateOf = async (domain: string) => {
  const sql =
    'SELECT state, moved::int, total::int, waiting::int FROM rotation WHERE domain = $1 ORDER BY started_at DESC LIMIT 1';
  const [row] = await vault.query<{ state: string; moved: number; total: number; waiting: number }>(sql, [
    domain,
  ]);
  return row;
};

/** Everything that lies under any domain key, opened. */
async function allOpen(): Promise<number> {
  let count = 0;
  const persons = await vault.query<{
    person_id: Buffer;
    domain_key: number;
    wrapped_key: Buffer;
    field: never;
    sealed: Buffer;
  }>(
    'SELECT person_id, domain_key, wrapped_key, field, sealed FROM person JOIN identity_value USING (person_id)',
  );
  for (const { person_id: personId, domain_key: domainKey, wrapped_key: wrapped, field, sealed } of persons) {
    const value = { field, sealed, digest: null, indexKey: null };
    const opened = vault.sealer.open(
      { personId, domainKey, wrapped, subject: randomId(), values: [value] },
      IDENTITY_FIELDS,
    );
    expect(Object.keys(opened)).toEqual([field]);
    count++;
  }
  const permits = await vault.query<{ pseudonym: Buffer; domainKey: number; wrapped: Buffer }>(
    `SELECT pseudonym, domain_key AS "domainKey", wrapped_key AS wrapped FROM permit WHERE state <> 'destroyed'`,
  );
  for (const { pseudonym, ...wrapped } of permits) {
    expect(vault.keys.unwrap('permit', pseudonym, wrapped)).toHaveLength(32);
    count++;
  }
  const tokens = await vault.query<StoredToken>(
    'SELECT token, field, domain, domain_key AS "domainKey", sealed FROM token WHERE domain_key IS NOT NULL',
  );
  for (const token of tokens) {
    expect(openersOf(vault).tokens.open(token, null)).toMatch(/^value \d+$/);
    count++;
  }
  return count;
}

const putToken = (value: string, on = vault) =>
  new TestTokens(on).make({ field: 'note', value, type: 'deterministic' });

async function permitOf(name: ClientPseudonym) {
  const session = await vault.sessionOf(await vault.personIdOf(name));
  const gate = encodeId('gat', randomId()) as GateId;
  await run((tx) => vault.permits.open(tx, API, { session, purpose: 'ingest', gate, epoch: 1 }));
  return gate;
}

describe('a rotation', () => {
  it('goes from version to version without anybody noticing, and says how far it is', async () => {
    const before = await Promise.all(Array.from({ length: 20 }, () => somebody()));
    const replica = await vault.another();
    const rotations = rotationsOf(vault, clock);
    expect(await beginOf(vault, clock, 'person')).not.toBeNull();
    expect(await beginOf(vault, clock, 'person')).toBeNull();
    await rotations.tick();
    clock.pass(LEASE_MS + 60_000);
    expect(await rotations.tick()).toBe(0);
    expect((await versionsOf(vault, 'person')).map(({ state }) => state)).toEqual(['current', 'arriving']);
    // The other process reads the versions within its lease, and then opens what this one seals under the new version.
    await replica.keys.refresh();
    clock.pass(1);
    expect(await rotations.tick()).toBe(2);
    expect((await versionsOf(vault, 'person')).map(({ state }) => state)).toEqual(['retiring', 'current']);
    const mine = await somebody();
    const theirs = await somebody(replica);
    expect(await emailOf(mine.name, replica)).toBe(mine.email);
    expect(await emailOf(theirs.name)).toBe(theirs.email);
    expect((await stateOf('person'))?.state).toBe('handing-over');
    clock.pass(LEASE_MS + 60_000);
    expect(await rotations.tick()).toBe(0);
    clock.pass(1);
    expect(await rotations.tick()).toBeGreaterThan(3);
    expect(await stateOf('person')).toEqual({ state: 'waiting', moved: 21, total: 21, waiting: 0 });
    clock.pass(179_000);
    expect(await rotations.tick()).toBe(0);
    clock.pass(1_000);
    await rotations.tick();
    expect(await stateOf('person')).toEqual({ state: 'done', moved: 21, total: 21, waiting: 0 });
    const [old, current] = await versionsOf(vault, 'person');
    expect([old?.empty, current?.state]).toEqual([true, 'current']);
    for (const { name, email } of [...before, mine, theirs]) expect(await emailOf(name)).toBe(email);
    await replica.leave();
  });

  it('does not begin with a version that the keyring does not open again', async () => {
    const { keyring } = vault;
    const wrap = keyring.wrap.bind(keyring);
    keyring.wrap = (keys) => wrap(keys.map(({ place }) => ({ bytes: randomId(), place })));
    await expect(beginOf(vault, clock, 'permit')).rejects.toThrow('into another');
    keyring.wrap = wrap;
    expect(await versionsOf(vault, 'permit')).toHaveLength(1);
  });

  it('moves what is sealed under the key itself, and what lies beside a wrapped key', async () => {
    const { name } = await somebody();
    await permitOf(name);
    for (let at = 0; at < 10; at++) await putToken(`value ${++values}`);
    for (const domain of ['permit', 'model', 'evidence', 'factor', 'token', 'webhook'] as Domain[]) {
      await rotate(vault, clock, domain);
      expect(await stateOf(domain)).toMatchObject({ state: 'done', waiting: 0 });
    }
    expect(await allOpen()).toBeGreaterThan(30);
  });

  it('of sessions keeps what was made before for two days and an hour, and moves nothing', async () => {
    await rotate(vault, clock, 'session');
    expect(await stateOf('session')).toMatchObject({ state: 'waiting', waiting: 0, total: 0 });
    clock.passDays(2);
    await rotationsOf(vault, clock).tick();
    expect(await stateOf('session')).toMatchObject({ state: 'waiting' });
    clock.pass(3_600_000);
    await rotationsOf(vault, clock).tick();
    expect(await stateOf('session')).toMatchObject({ state: 'done' });
  });

  it('leaves a key that does not open where it is, and its version alive', async () => {
    const { name } = await somebody();
    const personId = await vault.personIdOf(name);
    const [row] = await vault.query<{ wrapped_key: Buffer }>(
      'SELECT wrapped_key FROM person WHERE person_id = $1',
      [personId],
    );
    await vault.query(`UPDATE person SET wrapped_key = wrapped_key || '\\x00' WHERE person_id = $1`, [
      personId,
    ]);
    await rotate(vault, clock, 'person');
    expect(await stateOf('person')).toMatchObject({ state: 'waiting', waiting: 1 });
    await vault.query('UPDATE person SET wrapped_key = $2 WHERE person_id = $1', [
      personId,
      row?.wrapped_key,
    ]);
    await settle(vault, clock);
    expect(await stateOf('person')).toMatchObject({ state: 'done', waiting: 0 });
  });
});

describe('a rotation of the index', () => {
  it('finds everybody at each step, in processes that know the new version and in those that do not yet', async () => {
    const known = await Promise.all(Array.from({ length: 15 }, () => somebody()));
    const token = await putToken('value 77');
    const behind = await vault.another();
    const rotations = rotationsOf(vault, clock, { batch: 4 });
    const everybody = async () => {
      for (const { email } of known) expect(await found(email)).toBe(1);
    };
    const rotation = await beginOf(vault, clock, 'index');
    if (!rotation) throw new Error('not begun');
    await rotations.step(rotation);
    // Known to the other only as long as its lease lasts; then it reads the versions, or uses none.
    known.push(await somebody(behind));
    await everybody();
    await behind.keys.refresh();
    for (let steps = 0; steps < 200; steps++) {
      await vault.keys.refresh();
      if (!(await rotations.step(rotation))) clock.pass(LONG_MS);
      if (steps % 4 === 0) known.push(await somebody(steps % 8 ? vault : behind));
      await everybody();
      for (const { email } of known.slice(-3)) expect(await found(email, behind)).toBe(1);
      if ((await stateOf('index'))?.state === 'done') break;
      await behind.keys.refresh();
    }
    expect(await stateOf('index')).toMatchObject({ state: 'done' });
    expect(await putToken('value 77', vault)).toBe(token);
    expect(await putToken('value 77', behind)).toBe(token);
    await behind.leave();
  });

  it('lets accounts sign in as before, and waits for those without a copy until they do', async () => {
    await vault.enrol({ fields: {}, account: { subject: 'copied' } });
    await vault.enrol({ fields: {}, account: { subject: 'from-before' } });
    const digests = vault.sealer.accountDigests({
      issuer: 'https://provider.example',
      subject: 'from-before',
    });
    await vault.query('UPDATE account SET sealed = NULL, index_key = NULL WHERE account = ANY($1)', [
      digests,
    ]);
    const personOf = async (subject: string) => {
      await vault.beginSession(subject);
      const sql = 'SELECT person_id FROM sign_in ORDER BY began_at DESC LIMIT 1';
      return (await vault.query<{ person_id: Buffer }>(sql))[0]?.person_id.toString('hex');
    };
    const copied = await personOf('copied');
    await rotate(vault, clock, 'index');
    expect(await stateOf('index')).toMatchObject({ state: 'waiting', waiting: 1 });
    expect(await personOf('copied')).toBe(copied);
    const before = Number((await vault.query<{ n: string }>('SELECT count(*) AS n FROM person'))[0]?.n);
    const first = await personOf('from-before');
    expect(await personOf('from-before')).toBe(first);
    expect(Number((await vault.query<{ n: string }>('SELECT count(*) AS n FROM person'))[0]?.n)).toBe(before);
    await settle(vault, clock);
    expect(await stateOf('index')).toMatchObject({ state: 'done', waiting: 0 });
    await vault.keys.refresh();
    expect(await personOf('from-before')).toBe(first);
    expect(await personOf('copied')).toBe(copied);
  });

  it('has one person for an account, also when two processes under two versions enrol it at once', async () => {
    const old = await vault.another();
    await beginOf(vault, clock, 'index');
    const rotations = rotationsOf(vault, clock);
    await rotations.tick();
    await old.keys.refresh();
    clock.pass(LONG_MS);
    await rotations.tick(); // the new version is current here, and arriving there
    expect(old.keys.now('index').id).not.toBe(vault.keys.now('index').id);
    for (let round = 0; round < 20; round++) {
      const account = { subject: `twice-${round}` };
      const outcomes = await Promise.allSettled([somebody(vault, account), somebody(old, account)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [refused] = outcomes.filter((one) => one.status === 'rejected');
      expect(refused?.reason).toMatchObject({ code: 'people.account_taken' });
    }
    await old.leave();
    for (let round = 0; round < 4; round++) {
      clock.pass(LONG_MS);
      await rotations.tick();
    }
    expect(await stateOf('index')).toMatchObject({ state: 'done' });
    await vault.keys.refresh();
  });
});

describe('a rotation that dies', () => {
  const random = seededRandom(5);
  const HOW: Fault[] = ['before', 'after', 'killed'];

  it.each(['person', 'token', 'index'] as Domain[])(
    'at any statement of one of %s goes on in the next process, and loses nothing',
    async (domain) => {
      const rounds = proofCount(12, 80);
      let deaths = 0;
      for (let round = 0; round < rounds; round++) {
        const { name, email } = await somebody(vault, { subject: `dies-${domain}-${round}` });
        await putToken(`value ${++values}`);
        await beginOf(vault, clock, domain);
        const dying = dyingAt(vault, 1 + random.below(60), HOW[round % 3] ?? 'before');
        const first = rotationsOf(vault, clock, { batch: 5, unitOfWork: dying });
        for (let life = 0; life < 6 && !dying.died; life++) {
          await first.tick().catch(() => undefined);
          clock.pass(LONG_MS);
        }
        deaths += Number(dying.died);
        const next = rotationsOf(vault, clock, { batch: 5 });
        for (let life = 0; life < 6; life++) {
          await again(() => next.tick());
          clock.pass(LONG_MS);
        }
        const state = await stateOf(domain);
        expect(state).toMatchObject({ state: 'done', waiting: 0 });
        expect(state?.moved).toBe(state?.total);
        expect(await emailOf(name)).toBe(email);
        await vault.keys.refresh();
        expect(await found(email)).toBe(1);
      }
      await allOpen();
      expect(deaths).toBeGreaterThan(rounds / 2);
    },
    300_000,
  );
});

describe('beside a rotation', () => {
  /** Goes through a batch and lets something happen between what it reads and what it writes. */
  async function between(domain: Domain, part: number, happens: () => Promise<unknown>): Promise<void> {
    await beginOf(vault, clock, domain);
    const rotations = rotationsOf(vault, clock);
    for (let round = 0; (await stateOf(domain))?.state === 'arriving' && round < 5; round++) {
      await rotations.tick();
      clock.pass(LONG_MS);
    }
    const { keys } = vault;
    const mover = moversOf(domain, openersOf(vault))[part];
    await run(async (tx) => {
      let asked = 0;
      const waiting: Tx = {
        query: async (...args) => {
          if (++asked === 2) await happens();
          return tx.query(...args);
        },
        send: (...args) => tx.send(...args),
      };
      await mover?.move(waiting, keys.now(domain).id, null, 10_000);
    });
    for (let round = 0; round < 4; round++) {
      await rotations.tick();
      clock.pass(LONG_MS);
    }
    expect(await stateOf(domain)).toMatchObject({ state: 'done', waiting: 0 });
    await keys.refresh();
  }

  it('a value that is replaced after it was read keeps its own digest', async () => {
    const one = await somebody();
    const reach = { regions: null, moves: null, shown: null };
    const email = `new-${one.email}`;
    await between('index', 0, () =>
      run((tx) => vault.people.update(tx, SHOP, one.name, { fields: { email } }, reach)),
    );
    expect([await found(email), await found(one.email)]).toEqual([1, 0]);
  });

  it('a permit that is destroyed after it was read stays destroyed', async () => {
    const { name } = await somebody();
    const gate = await permitOf(name);
    const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
    await between('permit', 0, async () => {
      const { erasure } = await run((tx) => vault.erasures.requestFor(tx, SHOP, name, reason, null));
      await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    });
    const sql = 'SELECT state, domain_key, wrapped_key FROM permit WHERE gate_id = $1';
    const [row] = await vault.query(sql, [decodeId('gat', gate)]);
    expect(row).toEqual({ state: 'destroyed', domain_key: null, wrapped_key: null });
  });

  it('a person whom somebody else holds is not waited for, and moved the next time', async () => {
    const { name, email } = await somebody();
    const personId = await vault.personIdOf(name);
    await run(async (holding) => {
      await holding.query('SELECT FROM person WHERE person_id = $1 FOR SHARE', [personId]);
      await beginOf(vault, clock, 'person');
      const rotations = rotationsOf(vault, clock);
      for (let round = 0; round < 4; round++) {
        await rotations.tick();
        clock.pass(LONG_MS);
      }
      expect(await stateOf('person')).toMatchObject({ state: 'waiting', waiting: 1 });
    });
    await settle(vault, clock);
    expect(await stateOf('person')).toMatchObject({ state: 'done', waiting: 0 });
    expect(await emailOf(name)).toBe(email);
  });

  it.each(['person', 'index'] as Domain[])(
    'of %s people who are changed, erased or enrolled lose nothing, and nothing of the erased comes back',
    async (domain) => {
      const living = await Promise.all(Array.from({ length: 30 }, () => somebody()));
      const writers = await vault.another();
      const rotation = await beginOf(vault, clock, domain);
      if (!rotation) throw new Error('not begun');
      const rotations = [rotationsOf(vault, clock, { batch: 3 }), rotationsOf(writers, clock, { batch: 3 })];
      let done = false;
      const rotating = async (at: number) => {
        while (!done) {
          await (at ? writers : vault).keys.refresh();
          const moved = await rotations[at]?.step(rotation);
          if (!moved) clock.pass(5_000);
          if ((await stateOf(domain))?.state === 'done') done = true;
        }
      };
      const erased: string[] = [];
      const writing = async () => {
        for (let at = 0; at < 60; at++) {
          const on = at % 2 ? vault : writers;
          const one = living[at % living.length];
          if (at % 3 === 0) living.push(await somebody(on));
          else if (one && at % 3 === 1) {
            const email = `moved${at}-${one.email}`;
            const reach = { regions: null, moves: null, shown: null } as never;
            await on.unitOfWork.run((tx) =>
              on.people.update(tx, SHOP, one.name, { fields: { email } }, reach),
            );
            one.email = email;
          } else if (one) {
            living.splice(living.indexOf(one), 1);
            const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
            const { erasure } = await on.unitOfWork.run((tx) =>
              on.erasures.requestFor(tx, SHOP, one.name, reason, null),
            );
            await on.unitOfWork.run((tx) => on.erasures.gatesClosed(tx, API, erasure));
            erased.push(one.email);
          }
        }
      };
      await Promise.all([rotating(0), rotating(1), writing()]);
      clock.pass(LONG_MS);
      await vault.keys.refresh();
      for (const { name, email } of living) {
        expect(await emailOf(name)).toBe(email);
        expect(await found(email)).toBe(1);
      }
      for (const email of erased) expect(await found(email)).toBe(0);
      const [old] = (await versionsOf(vault, domain)).filter(({ state }) => state === 'retiring').slice(-1);
      expect(old?.empty).toBe(true);
      await allOpen();
      await writers.leave();
    },
    120_000,
  );
});
