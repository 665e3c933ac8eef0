import { type ClientPseudonym, PURPOSE_NAMES } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API, OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { bornYearsAgo, Family, newGate } from './family.fixture.js';
import { evidencePlace } from './guardianships.service.js';

const DAY = 86_400_000;

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterEach(() => {
  vault.ahead = 0;
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const sessionEndings = () =>
  vault.query<{ session: Buffer; owner: Buffer }>('SELECT session, owner FROM session_ending');

describe('a guardianship', () => {
  it('is recorded by a client that has names for both, and ends when the child is old enough', async () => {
    const family = await Family.of(vault, { born: '2015-05-06', region: 'FR' });
    const made = await family.record(['recommendation', 'ingest']);
    expect(made).toMatchObject({
      state: 'active',
      endsOn: '2030-05-06',
      purposes: ['recommendation', 'ingest'],
    });
    const read = await run((tx) => vault.guardianships.read(tx, SHOP, made.guardianship, null));
    expect(read).toEqual(made);
    const entry = (await vault.entries()).find(({ action }) => action === 'guardianships.make');
    expect(entry).toMatchObject({ actor: { id: 'brand-shop' }, object: made.guardianship });
  });

  it.each([
    ['GB', '2020-02-29', '2033-03-01'],
    ['DE', '2020-02-29', '2036-02-29'],
    ['AT', '2016-02-29', '2030-03-01'],
    ['US-CA', '2020-07-01', '2033-07-01'],
    [null, '2020-07-01', '2036-07-01'],
  ])('of a child in %s born on %s ends on %s', async (region, born, endsOn) => {
    expect(await (await Family.of(vault, { region, born })).record()).toMatchObject({ endsOn });
  });

  it('goes by the country of an address where no region is known', async () => {
    const family = await Family.of(vault, { region: null, born: '2020-07-01' });
    const address = { lines: ['1 High Street'], locality: 'Leeds', country: 'GB' };
    const change = { fields: { postal_address: address } };
    const reach = { update: null, read: null } as never;
    await run((tx) => vault.people.update(tx, SHOP, family.child, change, reach));
    expect(await family.record()).toMatchObject({ endsOn: '2033-07-01' });
  });

  it('is refused for who is old enough, whose age nobody knows, who is a child, and oneself', async () => {
    const grown = await Family.of(vault, { born: bornYearsAgo(16, 0) });
    await expect(grown.record()).rejects.toThrow('guardianships.of_age');
    const { guardian, child } = await Family.of(vault);
    const make = (one: ClientPseudonym, other: ClientPseudonym) =>
      run((tx) =>
        vault.guardianships.make(
          tx,
          SHOP,
          { guardian: one, child: other, purposes: ['ingest'], evidence: 'x' },
          null,
        ),
      );
    await expect(make(child, guardian)).rejects.toThrow('guardianships.birth_date_unknown');
    await expect(make(child, child)).rejects.toThrow('guardianships.of_themselves');
    const sibling = await Family.of(vault);
    await expect(make(sibling.child, child)).rejects.toThrow('guardianships.guardian_under_age');
  });

  it('is nothing to a client that has no name for one of them, or did not record it', async () => {
    const family = await Family.of(vault);
    const { guardian, child } = family;
    const body = { guardian, child, purposes: ['ingest' as const], evidence: 'x' };
    await expect(run((tx) => vault.guardianships.make(tx, OTHER_SHOP, body, null))).rejects.toThrow(
      'people.not_found',
    );
    const { guardianship } = await family.record();
    const foreign = [
      run((tx) => vault.guardianships.read(tx, OTHER_SHOP, guardianship, null)),
      run((tx) => vault.guardianships.end(tx, OTHER_SHOP, guardianship)),
    ];
    for (const attempt of foreign) await expect(attempt).rejects.toThrow('guardianships.not_found');
    await expect(run((tx) => vault.guardianships.read(tx, SHOP, guardianship, ['FR']))).rejects.toThrow(
      'guardianships.not_found',
    );
  });

  it('is one between two, and can be recorded again once it has ended', async () => {
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    await expect(family.record()).rejects.toThrow('guardianships.known');
    for (let n = 0; n < 2; n++) await family.end(guardianship);
    await family.record();
    await expect(
      vault.query(`UPDATE guardianship SET state = 'active' WHERE guardianship = $1`, [
        decodeId('gua', guardianship),
      ]),
    ).rejects.toThrow('stays ended');
  });

  it('keeps what shows it under the key of the child alone, and loses it with the child', async () => {
    const family = await Family.of(vault);
    const { guardianship } = await family.record(['ingest'], 'Certificate 17');
    const id = decodeId('gua', guardianship);
    const rows = () =>
      vault.query<{ evidence: Buffer }>('SELECT evidence FROM guardianship WHERE guardianship = $1', [id]);
    const [row] = await rows();
    expect(row?.evidence.toString('latin1')).not.toContain('Certificate');
    const keyOf = async (personId: Buffer) => {
      const [key] = await vault.query<{ domain_key: number; wrapped_key: Buffer }>(
        'SELECT domain_key, wrapped_key FROM person WHERE person_id = $1',
        [personId],
      );
      if (!key) throw new Error('nobody');
      return { personId, domainKey: key.domain_key, wrapped: key.wrapped_key };
    };
    const open = async (personId: Buffer) =>
      vault.sealer.openBeside(await keyOf(personId), evidencePlace(id, family.childId), row?.evidence ?? id);
    expect(await open(family.childId)).toBe('Certificate 17');
    await expect(open(family.asker.caller.personId)).rejects.toThrow('sealed value');
    await erase(family.childId);
    expect(await rows()).toEqual([]);
  });
});

async function erase(personId: Buffer): Promise<void> {
  const { erasure } = await run((tx) => vault.erasures.request(tx, SHOP, personId));
  await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
}

describe('a child', () => {
  it('agrees to nothing by itself, also to what was frozen, until it is old enough where it lives', async () => {
    const { child, childId, ...family } = await Family.of(vault);
    const session = await vault.sessionOf(childId);
    const open = (gate = newGate()) =>
      run((tx) => vault.permitOpenings.open(tx, API, { session, purpose: 'ingest', gate, epoch: 1 }));
    await expect(open()).rejects.toMatchObject({ code: 'permits.under_age', status: 403 });
    expect(family.guardian).toBeDefined();
    vault.ahead = DAY;
    const gate = newGate();
    await open(gate);
    vault.ahead = 0;
    await run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2 }));
    const resume = () => run((tx) => vault.permitOpenings.resume(tx, API, { session, gate, epoch: 3 }));
    await expect(resume()).rejects.toThrow('permits.under_age');
    vault.ahead = DAY;
    expect(await resume()).toMatchObject({ state: 'open' });
    expect(child).toBeDefined();
  });

  it('can always say no', async () => {
    const { childId } = await Family.of(vault);
    const session = await vault.sessionOf(childId);
    const body = { session, purpose: 'ingest', gate: newGate(), epoch: 1, because: 'refused' } as const;
    expect(await run((tx) => vault.permits.decline(tx, API, body))).toMatchObject({ state: 'declined' });
  });

  it('is nobody of whom no date of birth is known', async () => {
    const name = await vault.enrol({ fields: { email: 'unknown@example.org' } });
    const session = await vault.sessionOf(await vault.personIdOf(name));
    const body = { session, purpose: 'ingest', gate: newGate(), epoch: 1 } as const;
    expect(await run((tx) => vault.permitOpenings.open(tx, API, body))).toMatchObject({ state: 'open' });
  });
});

describe('who answers for a child', () => {
  it('sees it among theirs, and gets a session of the child for its purposes alone', async () => {
    const family = await Family.of(vault);
    const { guardianship, endsOn } = await family.record();
    const listed = await run((tx) => vault.guardianships.listOwn(tx, family.asker));
    expect(listed.guardianships).toEqual([{ guardianship, endsOn, purposes: ['ingest'] }]);
    const { session, guardian, permits } = await family.session(guardianship);
    expect({ guardian, permits }).toEqual({ guardian: { purposes: ['ingest'] }, permits: [] });
    expect(await family.open(session)).toMatchObject({ purpose: 'ingest', state: 'open' });
    for (const purpose of PURPOSE_NAMES.filter((name) => name !== 'ingest')) {
      await expect(family.open(session, purpose)).rejects.toThrow('permits.not_guarded');
      const no = { session, purpose, gate: newGate(), epoch: 1, because: 'refused' } as const;
      await expect(run((tx) => vault.permits.decline(tx, API, no))).rejects.toThrow('permits.not_guarded');
    }
    const entries = (await vault.entries()).filter(({ action }) => action === 'permits.open');
    expect(entries.at(-1)).toMatchObject({ details: { changed: true, guardian: true } });
  });

  it('has it no longer than until the child is old enough', async () => {
    vault.ahead = -DAY;
    const family = await Family.of(vault, { born: bornYearsAgo(16, 0) });
    const { guardianship, endsOn } = await family.record();
    const { expiresAt } = await family.session(guardianship);
    expect(expiresAt).toBe(`${endsOn}T00:00:00.000Z`);
  });

  it('is told of no permit for another purpose', async () => {
    const family = await Family.of(vault);
    vault.ahead = DAY;
    for (const purpose of ['ingest', 'analytics'] as const)
      await family.open(await vault.sessionOf(family.childId), purpose);
    vault.ahead = 0;
    const { session, permits } = await family.session((await family.record()).guardianship);
    expect(permits.map(({ purpose }) => purpose)).toEqual(['ingest']);
    const told = await run((tx) => vault.permits.ofSession(tx, API, session));
    expect(told.permits.map(({ purpose }) => purpose)).toEqual(['ingest']);
    const own = await run(async (tx) =>
      vault.permits.ofSession(tx, API, await vault.sessionOf(family.childId)),
    );
    expect(own.permits).toHaveLength(2);
  });

  it('has to have signed in just now, and to be who answers', async () => {
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    const other = await Family.of(vault);
    await expect(family.code(guardianship, other.asker)).rejects.toThrow('guardianships.not_found');
    const caller = { ...family.asker.caller, authenticatedAt: new Date(Date.now() - 301_000) };
    await expect(family.code(guardianship, { ...family.asker, caller })).rejects.toThrow(
      'guardianships.sign_in_not_fresh',
    );
  });

  it('loses the session with their own sign-in, who then waits for it', async () => {
    const family = await Family.of(vault);
    const { session } = await family.session((await family.record()).guardianship);
    await run((tx) => vault.sessions.signOut(tx, family.asker));
    const { personId } = family.asker.caller;
    expect(await sessionEndings()).toContainEqual({ session: decodeId('ssn', session), owner: personId });
  });

  it('loses the session when the child is erased, which waits for it', async () => {
    const family = await Family.of(vault);
    const { session } = await family.session((await family.record()).guardianship);
    await run((tx) => vault.erasures.request(tx, SHOP, family.childId));
    const ending = { session: decodeId('ssn', session), owner: family.childId };
    expect(await sessionEndings()).toContainEqual(ending);
  });
});
