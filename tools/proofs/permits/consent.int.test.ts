import { freezePermit, resumePermit } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersonSession } from './person-session.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

describe('consent', () => {
  it('is given, withdrawn and renewed, under one pseudonym', async () => {
    const person = await planes.signIn();
    expect(await person.store()).toBe(false);
    const given = await person.give();
    expect(given).toMatchObject({ purpose: 'ingest', state: 'open', dueOn: null });
    expect(await person.store()).toBe(true);
    const withdrawn = await person.withdraw();
    expect(withdrawn).toMatchObject({ state: 'frozen', confirmed: true });
    expect(withdrawn.dueOn).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(await person.store()).toBe(false);
    expect((await person.give()).permit).toBe(given.permit);
    expect(await person.store()).toBe(true);
    expect(await person.history()).toEqual(['given', 'withdrawn', 'renewed']);
    expect(await planes.contradictions()).toEqual([]);
  });

  it('given twice is given once, also by two sessions at the same time', async () => {
    const person = await planes.signIn();
    const elsewhere = await person.again();
    const given: (string | null)[] = [];
    const give = async (session: PersonSession) => void given.push((await session.give()).permit);
    await Promise.all([person, elsewhere, person, elsewhere].map((one) => tolerating(give(one))));
    expect(given.length).toBeGreaterThan(0);
    expect(new Set(given).size).toBe(1);
    await person.give();
    expect(await person.history()).toEqual(['given']);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });

  it('withdrawn while the vault is away is closed at once; the vault hears of it later', async () => {
    const person = await planes.signIn();
    await person.give();
    planes.line.failNext(freezePermit, 'lost');
    expect((await person.withdraw()).confirmed).toBe(false);
    expect(await person.store()).toBe(false);
    expect(await planes.contradictions()).toHaveLength(1);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });

  it('that was never given cannot be withdrawn', async () => {
    const person = await planes.signIn();
    await expect(person.withdraw()).rejects.toMatchObject({ code: 'consent.not_given' });
  });
});

describe('an opening that is overtaken', () => {
  /** Consent that is being renewed: the vault has answered, the answer is still on its way. */
  async function renewing() {
    const person = await planes.signIn();
    await person.give();
    await person.withdraw();
    const elsewhere = await person.again();
    const { underWay, release } = planes.line.delayNext(resumePermit);
    const given = tolerating(person.give());
    await underWay;
    return { elsewhere, release, given };
  }

  it('by a withdrawal does not open', async () => {
    const { elsewhere, release, given } = await renewing();
    expect((await elsewhere.withdraw()).state).toBe('frozen');
    release();
    expect(await given).toBe('refused');
    expect(await elsewhere.store()).toBe(false);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });

  it('by a withdrawal and another opening, which fails, does not open in its place', async () => {
    const { elsewhere, release, given } = await renewing();
    await elsewhere.withdraw();
    planes.line.failNext(resumePermit, 'lost');
    expect(await tolerating(elsewhere.give())).toBe('refused');
    release();
    expect(await given).toBe('refused');
    expect(await elsewhere.store()).toBe(false);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });
});

describe('a session that is older than a consent given elsewhere', () => {
  it('shows it, so that it can be taken back', async () => {
    const person = await planes.signIn();
    const elsewhere = await person.again();
    await elsewhere.give();
    expect(await person.state()).toBe('open');
    await person.withdraw();
    expect(await person.state()).toBe('frozen');
  });
});

describe('a session that remembers a permit which has been erased since', () => {
  it('withdraws the one that was given elsewhere in its place', async () => {
    const person = await planes.signIn();
    await person.give();
    const old = await person.again();
    await person.withdraw();
    await planes.eraseWithdrawn(person.personId);
    const elsewhere = await person.again();
    await elsewhere.give();
    expect(await elsewhere.store()).toBe(true);
    expect((await old.withdraw()).state).toBe('frozen');
    expect(await elsewhere.store()).toBe(false);
    expect(await planes.contradictions()).toEqual([]);
  });

  it('has nothing to withdraw where nothing was given since', async () => {
    const person = await planes.signIn();
    await person.give();
    await person.withdraw();
    await planes.eraseWithdrawn(person.personId);
    await expect(person.withdraw()).rejects.toThrow('consent.not_given');
  });
});
