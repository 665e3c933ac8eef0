import { setTimeout } from 'node:timers/promises';
import { KEY_DOMAINS } from '@integument/contracts';
import { randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Catalogue, kindOf, parseMask, type TokenField, typesOf } from './features/catalogue/index.js';
import { type Domain, holdDigests } from './features/keys/index.js';
import { ROTATED } from './features/rotation/index.js';
import { TokenDigests } from './features/rotation/token-digests.js';
import { tokenOf } from './features/tokens/token-ids.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import {
  beginOf,
  begunOf,
  goOn,
  LEASE_MS,
  LONG_MS,
  rotationsOf,
  stateOf,
  TestClock,
  versionsOf,
} from './rotation.fixture.js';
import { SHOP, TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
let tokens: TestTokens;
beforeEach(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
  tokens = new TestTokens(vault);
});
afterEach(() => vault.close());

const note = (value: string) => ({ field: 'note', value, type: 'deterministic' });
const CARD = { field: 'card', value: '4111111111111111', type: 'format-preserving' };

async function goOnUnder(catalogue?: Catalogue): Promise<void> {
  await goOn(rotationsOf(vault, clock, { batch: 100, ...(catalogue && { catalogue }) }), clock, 5);
  await vault.keys.refresh();
}

async function rotate(domain: Domain, catalogue?: Catalogue): Promise<void> {
  await beginOf(vault, clock, domain);
  await goOnUnder(catalogue);
}

function fieldOf(name: string, kind: 'email' | 'text'): TokenField {
  const of = kindOf({ kind });
  return {
    name,
    kind: of,
    sensitivity: 'direct',
    mask: parseMask('hidden'),
    types: typesOf(of),
    erasable: true,
  };
}

describe('while the index key is rotated', () => {
  it('a value has one token, whichever version the process knows that is asked', async () => {
    const other = await vault.another();
    const others = new TestTokens(other);
    const known = new Map<string, unknown>();
    const values = (round: number) => Array.from({ length: 5 }, (_, at) => note(`value ${round}-${at}`));
    for (const value of values(0)) known.set(value.value, await tokens.make(value));
    const rotation = await begunOf(vault, clock, 'index');
    const rotations = rotationsOf(vault, clock, { batch: 10 });
    let state: string | undefined;
    for (let round = 1; round < 60 && state !== 'done'; round++) {
      if (!(await rotations.step(rotation))) clock.pass(LEASE_MS * 2);
      await vault.keys.refresh();
      const fresh = values(round);
      const asked = [...fresh, note(`alone ${round}`)];
      // All at once: single ones of both processes, and a batch of each in another order.
      const made = await Promise.all([
        ...[tokens, others].flatMap((on) => asked.map((value) => on.make(value))),
        ...[tokens.makeBatch(asked), others.makeBatch([...asked].reverse())].map(async (batch) =>
          (await batch).results.map((one) => ('token' in one ? one.token : one.code)),
        ),
      ]);
      for (const [at, { value }] of asked.entries()) {
        const last = made.slice(-2) as string[][];
        const each = [made[at], made[asked.length + at], last[0]?.[at], last[1]?.at(-1 - at)];
        expect(new Set(each).size).toBe(1);
        known.set(value, each[0]);
      }
      for (const on of [tokens, others])
        for (const [value, token] of [...known].slice(-20)) expect(await on.make(note(value))).toBe(token);
      // The other one is a step behind.
      await other.keys.refresh();
      state = (await stateOf(vault, 'index'))?.state;
    }
    expect(state).toBe('done');
    for (const [value, token] of known) expect(await others.make(note(value))).toBe(token);
    const [row] = await vault.query<{ tokens: number }>('SELECT count(*)::int AS tokens FROM token');
    expect(row?.tokens).toBe(known.size);
    await other.leave();
  }, 120_000);

  it('a value has one token, also where two processes differ about which version is the oldest', async () => {
    const other = await vault.another();
    const others = new TestTokens(other);
    await tokens.make({ ...CARD, type: 'deterministic' });
    await rotate('index', new Catalogue());
    await beginOf(vault, clock, 'index');
    const rotations = rotationsOf(vault, clock, { catalogue: new Catalogue() });
    await rotations.tick();
    await other.keys.refresh();
    await vault.query('DELETE FROM token');
    clock.pass(LONG_MS);
    // The first version is found empty, and the third becomes the current one, before the other looks again.
    await vault.query(
      `UPDATE domain_key SET emptied_at = clock_timestamp() WHERE domain = 'index' AND version = 1`,
    );
    await rotations.tick();
    const known = [vault, other].map(({ keys }) => keys.live('index').map(({ id }) => id));
    expect(known.map(({ length }) => length)).toEqual([2, 3]);
    expect(known[1]?.slice(1)).toEqual(known[0]);
    expect(other.keys.now('index').id).not.toBe(vault.keys.now('index').id);
    for (let round = 0; round < 20; round++) {
      const made = [tokens, others].map((on) => on.make(note(`value ${round}`)));
      expect(new Set(await Promise.all(made)).size).toBe(1);
    }
    await other.leave();
  });

  it('a value has one token, also where somebody who knew only the old version commits late', async () => {
    const other = await vault.another();
    const others = new TestTokens(other);
    await beginOf(vault, clock, 'index');
    const rotations = rotationsOf(vault, clock);
    await rotations.tick();
    let commit: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let written: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const theirs = other.unitOfWork.run(async (tx) => {
      const asked = { atomic: false, regions: null };
      const { results } = await others.making.makeBatch(tx, SHOP, [note('late')], asked);
      written();
      await late;
      return (results[0] as { token: string }).token;
    });
    await isWritten;
    clock.pass(LEASE_MS + 30_000);
    await rotations.tick();
    const mine = tokens.make(note('late'));
    await setTimeout(100);
    commit();
    expect(await mine).toBe(await theirs);
    await other.leave();
  });

  it('one that looks like its value stays the same, and leads to it; so does a person’s', async () => {
    const person = await vault.enrol({ fields: { email: 'ada@example.org' } });
    const wanted = { fields: ['email'], type: 'deterministic' };
    const before = [await tokens.make(CARD), await tokens.ofPerson(person, wanted)];
    for (let turn = 0; turn < 3; turn++) {
      await rotate('index');
      expect(await stateOf(vault, 'index')).toEqual({ state: 'done', moved: 3, total: 3, waiting: 0 });
      await rotate('token');
      await rotate('person');
      expect([await tokens.make(CARD), await tokens.ofPerson(person, wanted)]).toEqual(before);
    }
    expect(await tokens.reveal({ token: before[0], field: 'card' })).toMatchObject({ value: CARD.value });
  });

  it('one whose value is changed between being read and being written stays without a digest', async () => {
    const person = await vault.enrol({ fields: { phone: '+441632960001' } });
    const wanted = { fields: ['phone'], type: 'deterministic' };
    const before = await tokens.ofPerson(person, wanted);
    const mover = new TokenDigests(tokens.sealer, tokens.catalogue);
    // Any other version will do: it is the digest that counts.
    await vault.query('UPDATE token SET index_key = -1');
    const to = vault.keys.now('index').id;
    const { moved } = await vault.unitOfWork.run((tx) =>
      mover.move(
        after(tx, () => change(person, '+441632960002')),
        to,
        null,
        10,
      ),
    );
    expect(moved).toBe(0);
    await change(person, '+441632960001');
    expect(await tokens.ofPerson(person, wanted)).not.toEqual(before);
    expect(await vault.query('SELECT count(index_key)::int AS n FROM token')).toEqual([{ n: 1 }]);
  });

  /** Something that somebody else does when the first statement was answered. */
  function after(tx: Tx, then: () => Promise<unknown>): Tx {
    let isFirst = true;
    const query: Tx['query'] = async (...statement) => {
      const rows = (await tx.query(...statement)) as never;
      if (isFirst) await then();
      isFirst = false;
      return rows;
    };
    return { ...tx, query };
  }

  const change = (person: string, phone: string) =>
    vault.unitOfWork.run((tx) =>
      vault.people.update(
        tx,
        SHOP,
        person as never,
        { fields: { phone } },
        {
          ...{ regions: null, moves: null, shown: null },
        },
      ),
    );

  it('tokens of a field that has left the catalogue keep the old version, and are counted, until it is back', async () => {
    const [token, kept] = [await tokens.make(note('a value')), await tokens.make(CARD)];
    const without = new Catalogue([fieldOf('other', 'text')]);
    await rotate('index', without);
    expect(await stateOf(vault, 'index')).toMatchObject({ state: 'waiting', moved: 0, total: 0, waiting: 2 });
    expect((await versionsOf(vault, 'index')).map(({ state, empty }) => [state, empty])).toEqual([
      ['retiring', false],
      ['current', false],
    ]);
    await goOnUnder();
    expect(await stateOf(vault, 'index')).toMatchObject({ state: 'done', waiting: 0 });
    expect([await tokens.make(note('a value')), await tokens.make(CARD)]).toEqual([token, kept]);
  });

  it('two values that a changed kind has made one keep a token each, of which one is given', async () => {
    const texts = new TestTokens(vault, new Catalogue([fieldOf('contact', 'text')]));
    const emails = new TestTokens(vault, new Catalogue([fieldOf('contact', 'email')]));
    const one = { field: 'contact', value: 'Ada@Example.org', type: 'deterministic' };
    const other = { ...one, value: 'ada@example.org' };
    const [older, newer] = [await texts.make(one), await texts.make(other)];
    await vault.query(`UPDATE token SET created_on = created_on - 1 WHERE token = $1`, [tokenOf(older)]);
    await rotate('index', emails.catalogue);
    expect(await stateOf(vault, 'index')).toEqual({ state: 'done', moved: 2, total: 2, waiting: 0 });
    expect([await emails.make(one), await emails.make(other)]).toEqual([older, older]);
    expect(await emails.reveal(newer)).toMatchObject({ value: other.value });
    await rotate('index', emails.catalogue);
    expect(await stateOf(vault, 'index')).toMatchObject({ state: 'done', waiting: 0 });
  });

  it('whoever adds ten thousand values holds no more locks than there are', async () => {
    const digests = Array.from({ length: 20_000 }, () => randomId());
    await vault.unitOfWork.run(async (tx) => {
      await holdDigests(tx, 'token', digests);
      await holdDigests(tx, 'account', digests);
      const sql = `SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`;
      expect(await tx.query(sql)).toEqual([{ held: 1_024 }]);
    });
  });
});

describe('the secret of tokens that are the encrypted values', () => {
  it('is never rotated: nothing is kept that could be encrypted anew', async () => {
    expect([...ROTATED, 'root'].sort()).toEqual([...KEY_DOMAINS].sort());
    expect(ROTATED).not.toContain('format');
    const token = await tokens.make({ ...CARD, field: 'card_for_ever' });
    for (const domain of ROTATED) await rotate(domain);
    expect((await versionsOf(vault, 'format')).map(({ state }) => state)).toEqual(['current']);
    const restarted = await vault.restart();
    vault = restarted;
    const asked = { token, field: 'card_for_ever' };
    expect(await new TestTokens(restarted).reveal(asked, { asker: SHOP })).toMatchObject({
      value: CARD.value,
    });
  });
});
