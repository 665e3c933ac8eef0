import { Abilities, client, staff } from '@integument/authz';
import { GUARDED_MAX, type GuardianshipId, type LetterTemplate, type Vouched } from '@integument/contracts';
import type { Asker } from '@integument/http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VaultPerson } from '../../platform/callers.js';
import { vaultPolicies } from '../../platform/policies.js';
import { API, SHOP, TestVault } from '../../vault.fixture.js';
import { bornYearsAgo, Family, newGate } from './family.fixture.js';

const REASON = { code: 'legal', reference: 'CASE-9' } as const;
const OFFICER: Asker = {
  caller: staff({ id: 'a'.repeat(32), session: 's', roles: ['privacy-officer'] }),
  requestId: 'req-officer',
};

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterEach(async () => {
  vault.ahead = 0;
  await vault.query('UPDATE client SET removed = false, suspended_at = NULL');
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const lettersOf = async ({ childId }: Family): Promise<LetterTemplate[]> =>
  (
    await vault.query<{ template: LetterTemplate }>(
      'SELECT template FROM letter WHERE person_id = $1 ORDER BY template DESC',
      [childId],
    )
  ).map(({ template }) => template);
const stateOf = async (name: GuardianshipId) =>
  (await run((tx) => vault.guardianships.read(tx, SHOP, name, null))).state;
const lastEntry = async (action: string) =>
  (await vault.entries()).findLast((entry) => entry.action === action);

async function asChild({ childId }: Family): Promise<Asker<VaultPerson>> {
  const [row] = await vault.query<{ subject: Buffer }>('SELECT subject FROM person WHERE person_id = $1', [
    childId,
  ]);
  const caller = { kind: 'person', id: row?.subject.toString('hex'), session: 's', personId: childId };
  return { caller: caller as never, requestId: 'req-child' };
}

async function recorded(purposes?: Parameters<Family['record']>[0]) {
  const family = await Family.of(vault);
  const { guardianship } = await family.record(purposes);
  return { family, guardianship };
}

function haveBeenBorn({ child }: Family, born: string) {
  const change = { fields: { birth_date: born } };
  return run((tx) => vault.people.update(tx, SHOP, child, change, { update: null, read: null } as never));
}

describe('a client that says an adult is a child, and for a moment', () => {
  it('opens nothing to whom it named, once the date of birth is the true one again', async () => {
    const family = await Family.of(vault, { born: bornYearsAgo(40), region: null });
    await haveBeenBorn(family, '2020-01-01');
    const { guardianship } = await family.record();
    const [late, { session }] = [await family.code(guardianship), await family.session(guardianship)];
    await haveBeenBorn(family, bornYearsAgo(40));
    await expect(family.code(guardianship)).rejects.toThrow('guardianships.not_found');
    await expect(run((tx) => vault.signIn.redeem(tx, API, late))).rejects.toThrow('sign_in.code_invalid');
    await family.open(await vault.sessionOf(family.childId));
    const nothing = { permits: [], declined: [], optOuts: [] };
    expect(await run((tx) => vault.permits.ofSession(tx, API, session))).toEqual(nothing);
    const no = { session, purpose: 'ingest', gate: newGate(), epoch: 1 } as const;
    await expect(run((tx) => vault.permits.decline(tx, API, no))).rejects.toThrow('permits.not_guarded');
  });

  it('is none whose word is taken, unless it is registered for that', () => {
    const abilities = new Abilities(vaultPolicies);
    const may = (vouchesFor?: Vouched[]) => {
      const fields = { clientId: 'shop', use: 'identity', revealPurposes: ['support'] } as const;
      const ability = abilities.abilityFor(client(vouchesFor ? { ...fields, vouchesFor } : fields));
      return [ability.can('make', 'Guardianship'), ability.can('make', 'ConsentImport')];
    };
    expect([may(), may([]), may(['guardianships']), may(['consents'])]).toEqual([
      [false, false],
      [false, false],
      [true, false],
      [false, true],
    ]);
  });
});

describe('the person whom a guardianship is about', () => {
  it('is told by a letter that it is recorded, and that it has ended, each once', async () => {
    const { family, guardianship } = await recorded();
    expect(await lettersOf(family)).toEqual(['guardianship-recorded']);
    for (let n = 0; n < 2; n++) await family.end(guardianship);
    expect(await lettersOf(family)).toEqual(['guardianship-recorded', 'guardianship-ended']);
  });

  it('is told so, too, where its day has come', async () => {
    const { family } = await recorded();
    vault.ahead = 86_400_000;
    await vault.guardianships.endDue(vault.unitOfWork);
    expect(await lettersOf(family)).toEqual(['guardianship-recorded', 'guardianship-ended']);
  });

  it('has it recorded all the same where there is no address, and the log says that nobody was told', async () => {
    const guardian = (await Family.of(vault)).guardian;
    const child = (await vault.enrol({ fields: { birth_date: bornYearsAgo(9) } })) as typeof guardian;
    const body = { guardian, child, purposes: ['ingest' as const], evidence: 'x' };
    await run((tx) => vault.guardianships.make(tx, SHOP, body, null));
    expect(await lastEntry('letters.request')).toMatchObject({
      outcome: 'refused',
      code: 'letters.no_address',
    });
  });

  it('finds it, without a name, and ends it; nobody else’s', async () => {
    const { family, guardianship } = await recorded();
    const { session } = await family.session(guardianship);
    const [child, other] = [await asChild(family), await asChild(await Family.of(vault))];
    const { guardians } = await run((tx) => vault.guardianships.listGuardians(tx, child));
    expect(guardians).toMatchObject([{ guardianship, purposes: ['ingest'], client: 'brand-shop' }]);
    expect(Object.keys(guardians[0] ?? {}).sort()).toEqual(
      ['client', 'endsOn', 'guardianship', 'purposes', 'recordedOn'].sort(),
    );
    expect(await run((tx) => vault.guardianships.listGuardians(tx, other))).toEqual({ guardians: [] });
    const end = (who: typeof child) => run((tx) => vault.guardianships.endOwn(tx, who, guardianship));
    await expect(end(other)).rejects.toThrow('guardianships.not_found');
    for (let n = 0; n < 2; n++) expect(await end(child)).toEqual(family.asker.caller.personId);
    expect(await stateOf(guardianship)).toBe('ended');
    await expect(family.open(session)).rejects.toThrow('permits.session_unknown');
    expect(await run((tx) => vault.guardianships.listGuardians(tx, child))).toEqual({ guardians: [] });
  });
});

describe('a guardianship also ends', () => {
  it('by a privacy officer, for a reason, where the rules let them reach the child', async () => {
    const { family, guardianship } = await recorded();
    const revoke = (regions: readonly string[] | null) =>
      run((tx) => vault.guardianships.revoke(tx, OFFICER, guardianship, REASON, regions));
    await expect(revoke(['FR'])).rejects.toThrow('guardianships.not_found');
    for (let n = 0; n < 2; n++) await revoke(['DE']);
    expect(await stateOf(guardianship)).toBe('ended');
    expect(await lastEntry('guardianships.revoke')).toMatchObject({ object: guardianship, reason: REASON });
    expect(await lettersOf(family)).toEqual(['guardianship-recorded', 'guardianship-ended']);
  });

  it('with the client that recorded it; while that is suspended nobody begins anything under it', async () => {
    const { family, guardianship } = await recorded();
    await vault.query(
      `INSERT INTO client (client_id, use) VALUES ('brand-shop', 'identity') ON CONFLICT DO NOTHING`,
    );
    await vault.query(`UPDATE client SET suspended_at = now() WHERE client_id = 'brand-shop'`);
    await expect(family.code(guardianship)).rejects.toThrow('guardianships.not_found');
    await vault.guardianships.endDue(vault.unitOfWork);
    expect(await stateOf(guardianship)).toBe('active');
    await vault.query(`UPDATE client SET suspended_at = NULL, removed = true WHERE client_id = 'brand-shop'`);
    await expect(family.code(guardianship)).rejects.toThrow('guardianships.not_found');
    await vault.guardianships.endDue(vault.unitOfWork);
    expect(await stateOf(guardianship)).toBe('ended');
    expect(await lastEntry('guardianships.end_due')).toMatchObject({ details: { why: 'client_removed' } });
  });

  it('by the erasure of who answers, with an entry about the child as soon as that begins', async () => {
    const { family, guardianship } = await recorded();
    await run((tx) => vault.erasures.request(tx, SHOP, family.asker.caller.personId));
    expect(await stateOf(guardianship)).toBe('ended');
    const entry = await lastEntry('guardianships.end_with_guardian');
    const made = await lastEntry('guardianships.make');
    expect(entry).toMatchObject({ object: guardianship, subject: made?.subject });
    expect(await lettersOf(family)).toEqual(['guardianship-recorded', 'guardianship-ended']);
  });
});

describe('who answers for children', () => {
  it('answers for so many at most, also where several are recorded at once', async () => {
    const family = await Family.of(vault);
    const names = await Promise.all(
      Array.from({ length: GUARDED_MAX + 3 }, (_, at) =>
        vault.enrol({ fields: { email: `crowd-${at}@example.org`, birth_date: bornYearsAgo(9) } }),
      ),
    );
    const made = await Promise.allSettled(
      names.map((child) =>
        run((tx) =>
          vault.guardianships.make(
            tx,
            SHOP,
            { guardian: family.guardian, child: child as never, purposes: ['ingest'], evidence: 'x' },
            null,
          ),
        ),
      ),
    );
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(3);
    for (const reason of refused)
      expect(reason).toMatchObject({ code: 'guardianships.too_many', status: 409 });
  });
});

describe('the list of consents that end', () => {
  it('is noted once for each, and has one purpose a round', async () => {
    const { family, guardianship } = await recorded(['ingest', 'recommendation']);
    const { session } = await family.session(guardianship);
    for (const purpose of ['ingest', 'recommendation'] as const) await family.open(session, purpose);
    await vault.query(`UPDATE permit SET consent_ends = false WHERE consent_ends`);
    await family.end(guardianship);
    const noted = async () =>
      (await vault.entries()).filter(({ action }) => action === 'guardianships.consent_endings').length;
    const before = await noted();
    const seen = new Set<string>();
    for (let n = 0; n < 30; n++) {
      const { endings } = await run((tx) => vault.consentEndings.pending(tx, API));
      expect(endings).toHaveLength(1);
      seen.add(endings[0]?.gate ?? '');
    }
    expect(seen.size).toBe(2);
    expect(await noted()).toBe(before + 2);
    for (const gate of seen)
      await run((tx) => vault.permits.freeze(tx, API, { gate: gate as never, epoch: 2 }));
  });
});
