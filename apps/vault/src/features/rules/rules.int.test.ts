import type { Regions } from '@integument/authz';
import {
  type ApprovalId,
  type BodyOf,
  type ClientPseudonym,
  enrolment,
  IDENTITY_FIELDS,
  type RevealPurpose,
  revealPerson,
  searchPeople,
  tryRules,
} from '@integument/contracts';
import { type Asker, RULES_LEASE_MS, RulesInForce } from '@integument/http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { VaultStaff } from '../../platform/callers.js';
import { memberOf, type Parts, RuleMakers } from '../../rules.fixture.js';
import { OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { FIRST_RULES } from './first-rules.js';

const REASON = { code: 'customer-request', reference: 'CASE-7' } as const;
const READ = { ability: { action: 'read', resource: 'Person' } } as const;
const OWN_REGIONS = {
  id: 'support-at-home',
  app: 'vault',
  who: { roles: ['support'] },
  action: 'read',
  resource: 'Person',
  only: [{ region: 'own' }],
};

let vault: TestVault;
let makers: RuleMakers;
let admin: Asker<VaultStaff>;
let officer: Asker<VaultStaff>;
let support: Asker<VaultStaff>;

beforeAll(async () => {
  vault = await TestVault.open();
  makers = await RuleMakers.of(vault);
  ({ admin, officer } = makers);
  support = await memberOf(vault, 'sam', ['support'], ['DE', 'US-CA']);
});
afterAll(() => vault.close());
beforeEach(async () => {
  vault.ahead = 0;
  await enact({ rules: [] });
});

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const draft = (parts: Parts) => makers.draft(parts);
const approved = (version: number, digest: string) => makers.approved(version, digest);
const enact = (parts: Parts) => makers.enact(parts);
const inForce = () => vault.rulesOfReplica();
const somebody = (region?: string, email = `${Math.random().toString(36).slice(2)}@example.org`) =>
  vault.enrol(enrolment.parse({ fields: { email, given_name: 'Ada' }, region }));
function wish(change: object = {}, purpose: RevealPurpose = 'delivery') {
  const body = { fields: ['email'], purpose, reason: { code: 'order', reference: 'ORDER-7' }, ...change };
  return revealPerson.body?.parse(body) as BodyOf<typeof revealPerson>;
}
const reveal = (name: string, asked = wish(), asker: Asker = SHOP) =>
  vault.revealsOfReplica(inForce()).reveal(asker, name as ClientPseudonym, asked);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

describe('a version', () => {
  it('is first the platform’s own, under which everything is as without rules', async () => {
    const { versions } = await run((tx) => vault.rules.list(tx, admin, { limit: 200 }));
    expect(versions.at(-1)).toMatchObject({ version: 1, author: null, rules: 0, reveals: 3 });
    const first = await run((tx) => vault.rules.read(tx, officer, 1));
    expect(first).toMatchObject({ document: JSON.parse(FIRST_RULES) as object, text: FIRST_RULES });
    expect(Date.parse(first.enactedAt ?? '')).toBeGreaterThan(0);
  });

  it('is stored once, however its fields are ordered, with an entry that says which and nothing of what', async () => {
    const rules = [{ ...OWN_REGIONS, id: 'once' }];
    const turned = rules.map((rule) => Object.fromEntries(Object.entries(rule).reverse()));
    const one = await draft({ rules });
    const before = (await vault.entries()).length;
    expect(await draft({ rules: turned })).toEqual(one);
    const entries = (await vault.entries()).slice(before);
    expect(entries.map(({ action, details }) => [action, details])).toEqual([
      ['rules.draft', { version: one.version, digest: one.digest, rules: 1, reveals: 3 }],
    ]);
    expect(one).toMatchObject({ state: 'draft', author: admin.caller.id });
  });

  it.each([
    `UPDATE rule_version SET document = '{}' WHERE version = $1`,
    `UPDATE rule_version SET document = '{}', digest = sha256('{}') WHERE version = $1`,
    'UPDATE rule_version SET version = 9999 WHERE version = $1',
    'UPDATE rule_version SET rules = 9, reveals = 9 WHERE version = $1',
    `UPDATE rule_version SET author = sha256('x'), created_at = now() WHERE version = $1`,
  ])('does not change, whoever writes to the table: %s', async (sql) => {
    const { version } = await draft({ rules: [{ ...OWN_REGIONS, id: 'stays' }] });
    await expect(vault.query(sql, [version])).rejects.toMatchObject({ code: '23000' });
    await expect(vault.query(sql, [1])).rejects.toMatchObject({ code: '23000' });
  });

  it.each([
    'DELETE FROM rule_version WHERE version = $1',
    'UPDATE rule_version SET enacted_at = NULL WHERE version = $1',
    'UPDATE rule_version SET enacted_at = now() WHERE version = $1',
    'TRUNCATE rule_version CASCADE',
  ])('that was ever in force is kept, and when it was: %s', async (sql) => {
    const past = await enact({ rules: [{ ...OWN_REGIONS, id: 'kept' }] });
    await enact({ rules: [] });
    const values = sql.includes('$1') ? [past] : [];
    await expect(vault.query(sql, values)).rejects.toMatchObject({ code: '23000' });
  });

  it('that is a draft makes room for newer ones, with an entry that says so; nothing else goes', async () => {
    const kept = await vault.query<{ version: number }>(
      'SELECT version FROM rule_version WHERE enacted_at IS NOT NULL ORDER BY version',
    );
    const numbered = (at: number) => draft({ rules: [{ ...OWN_REGIONS, id: `numbered-${at}` }] });
    const oldest = await numbered(0);
    const approval = await approved(oldest.version, oldest.digest);
    for (let at = 1; at < 100; at++) await numbered(at);
    const before = (await vault.entries()).length;
    const [, last] = await Promise.all([numbered(100), numbered(101)]);
    const gone = (await vault.entries()).slice(before).map(({ count }) => count);
    expect(gone).toEqual([1, 1]);
    const drafts = await vault.query<{ version: number }>(
      'SELECT version FROM rule_version WHERE enacted_at IS NULL ORDER BY version',
    );
    expect(drafts).toHaveLength(100);
    expect(drafts.map(({ version }) => version)).toContain(last.version);
    const enacting = run((tx) =>
      vault.rules.enact(tx, admin, { version: oldest.version }, { digest: oldest.digest, approval }),
    );
    expect(await codeOf(enacting)).toBe('rules.not_found');
    expect(
      await vault.query('SELECT version FROM rule_version WHERE enacted_at IS NOT NULL ORDER BY version'),
    ).toEqual(kept);
    // Who drafts those again gets a number that no version had.
    expect((await numbered(0)).version).toBeGreaterThan(last.version);
  });

  it('that never was may go', async () => {
    const { version } = await draft({ rules: [{ ...OWN_REGIONS, id: 'goes' }] });
    await vault.query('DELETE FROM rule_version WHERE version = $1', [version]);
    expect(await codeOf(run((tx) => vault.rules.read(tx, admin, version)))).toBe('rules.not_found');
  });

  it('that is no document any more decides nothing', async () => {
    await draft({ rules: [{ ...OWN_REGIONS, id: 'spoilt' }] });
    const text = '{"format":1,"rules":[{"__proto__":{}}],"reveals":[]}';
    await vault.query('ALTER TABLE rule_version DISABLE TRIGGER USER');
    await vault.query(
      `UPDATE rule_version SET document = $1, digest = sha256(convert_to($1, 'UTF8')) WHERE version = (SELECT max(version) FROM rule_version)`,
      [text],
    );
    await vault.query('UPDATE rule_in_force SET version = (SELECT max(version) FROM rule_version)');
    expect(await codeOf(inForce().reach(SHOP.caller, READ))).toBe('rules.unavailable');
    await vault.query('UPDATE rule_in_force SET version = 1');
    await vault.query('DELETE FROM rule_version WHERE document = $1', [text]);
    await vault.query('ALTER TABLE rule_version ENABLE TRIGGER USER');
  });
});

describe('a version of which this release does not know all', () => {
  const text = '{"format":1,"reveals":[],"rules":[{"later":true}]}';
  let version: number;
  beforeAll(async () => {
    const rows = await vault.query<{ version: number }>(
      `INSERT INTO rule_version (version, document, digest, rules, reveals)
       SELECT max(version) + 1, $1, sha256(convert_to($1, 'UTF8')), 1, 0 FROM rule_version RETURNING version`,
      [text],
    );
    version = rows[0]?.version ?? 0;
  });
  afterAll(() => vault.query('DELETE FROM rule_version WHERE version = $1', [version]));

  it('is read as its text', async () => {
    const read = await run((tx) => vault.rules.read(tx, admin, version));
    expect(read).toMatchObject({ version, text, document: null, enactedAt: null });
  });

  it('is neither tried nor enacted, and while it is in force another can be tried', async () => {
    const ask = {
      app: 'vault' as const,
      caller: { client: 'brand-shop' },
      action: 'ping',
      resource: 'Service',
    };
    const tried = (number: number) =>
      run((tx) => vault.rules.try(tx, officer, { version: number, questions: [ask] }));
    expect(await codeOf(tried(version))).toBe('rules.outdated');
    const { digest } = await run((tx) => vault.rules.read(tx, admin, version));
    const approval = await approved(version, digest);
    expect(await codeOf(run((tx) => vault.rules.enact(tx, admin, { version }, { digest, approval })))).toBe(
      'rules.outdated',
    );
    await vault.query('UPDATE rule_in_force SET version = $1', [version]);
    try {
      const { inForce: current, answers } = await tried(1);
      const yes = { allowed: true, refusedBy: [], reveals: null };
      expect({ current, answers }).toEqual({ current: version, answers: [{ now: null, tried: yes }] });
    } finally {
      await vault.query('UPDATE rule_in_force SET version = 1');
    }
  });
});

describe('putting a version in force', () => {
  const closing = { ...OWN_REGIONS, id: 'closing' };

  it('takes just the approval of just this version, once, of ten that come together', async () => {
    const { version, digest } = await draft({ rules: [{ ...closing, id: 'ten' }] });
    const other = await draft({ rules: [{ ...closing, id: 'other' }] });
    const approval = await approved(version, digest);
    const enacting = (number: number, named: string) =>
      codeOf(run((tx) => vault.rules.enact(tx, admin, { version: number }, { digest: named, approval })));
    expect(await enacting(other.version, other.digest)).toBe('approvals.other_parameters');
    expect(await enacting(version, other.digest)).toBe('approvals.other_parameters');
    const answers = await Promise.all(Array.from({ length: 10 }, () => enacting(version, digest)));
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'approvals.over')).toHaveLength(9);
    const enacted = (await vault.entries()).filter(({ action }) => action === 'rules.enact');
    expect(enacted.at(-1)?.details).toMatchObject({ version, digest, approval });
  });

  it('is not done by who asks alone, nor with an approval of a digest that no version has', async () => {
    const { version, digest } = await draft({ rules: [{ ...closing, id: 'alone' }] });
    const asked = {
      operation: 'rules.enact' as const,
      parameters: { version: String(version), digest },
      reason: REASON,
    };
    const { approval } = await run((tx) => vault.requests.request(tx, admin, asked));
    const id = approval as ApprovalId;
    expect(
      await codeOf(run((tx) => vault.rules.enact(tx, admin, { version }, { digest, approval: id }))),
    ).toBe('approvals.not_approved');
    expect(await codeOf(run((tx) => vault.decisions.approve(tx, admin, id)))).toMatch(/^approvals\./);
    const none = 'ab'.repeat(32);
    const wrong = await approved(version, none);
    expect(
      await codeOf(run((tx) => vault.rules.enact(tx, admin, { version }, { digest: none, approval: wrong }))),
    ).toBe('rules.not_found');
    expect((await inForce().book()).version).not.toBe(version);
  });

  it('an earlier one is rolling back, and one that is in force is refused', async () => {
    const second = await enact({ rules: [{ ...closing, id: 'second' }] });
    expect((await inForce().book()).version).toBe(second);
    const first = await enact({ rules: [] });
    expect(first).toBeLessThan(second);
    expect((await inForce().book()).version).toBe(first);
    const { versions } = await run((tx) => vault.rules.list(tx, admin, { limit: 200 }));
    expect(versions.find(({ version }) => version === second)).toMatchObject({ state: 'past' });
    const { digest } = versions.find(({ version }) => version === first) ?? { digest: '' };
    const approval = await approved(first, digest);
    expect(
      await codeOf(run((tx) => vault.rules.enact(tx, admin, { version: first }, { digest, approval }))),
    ).toBe('rules.in_force');
    await run((tx) => vault.requests.takeBack(tx, admin, approval));
  });

  it('is heard of by each replica within its lease, and none asks the database in between', async () => {
    let asked = 0;
    const clock = { steady: 0 };
    const source = {
      current: () => {
        asked++;
        return vault.unitOfWork.single(async (tx) => {
          const [row] = await tx.query<{ version: number; digest: Buffer }>(
            'SELECT f.version, digest FROM rule_in_force f JOIN rule_version USING (version)',
          );
          return { version: row?.version ?? 0, digest: row?.digest.toString('hex') ?? '' };
        });
      },
      text: async (version: number) =>
        (
          await vault.query<{ document: string }>('SELECT document FROM rule_version WHERE version = $1', [
            version,
          ])
        )[0]?.document ?? '',
    };
    const replica = new RulesInForce('vault', source, {
      steady: () => clock.steady,
      wall: () => clock.steady,
    });
    const before = (await replica.book()).version;
    const after = await enact({ rules: [{ ...closing, id: 'heard' }] });
    for (let ms = 0; ms < RULES_LEASE_MS / 2; ms += 50) {
      clock.steady = ms;
      expect((replica.book() as { version: number }).version).toBe(before);
    }
    expect(asked).toBe(1);
    clock.steady = RULES_LEASE_MS;
    expect(replica.current()).toBeNull();
    expect((await replica.book()).version).toBe(after);
  });
});

describe('where a rule lets staff see people of their own regions', () => {
  beforeEach(() => enact({ rules: [OWN_REGIONS] }));
  const reach = () => inForce().reach(support.caller, READ);

  it('a search finds those, and makes no name for anybody else', async () => {
    const email = 'twins@example.org';
    const [berlin, , , paris, nowhere] = [
      await somebody('DE-BE', email),
      await somebody('US-CA', email),
      await somebody('US', email),
      await somebody('FR', email),
      await somebody(undefined, email),
    ];
    const body = searchPeople.body?.parse({ field: 'email', value: email }) as BodyOf<typeof searchPeople>;
    const regions = await reach();
    const found = (asker: Asker, within: Regions) =>
      run(async (tx) => (await vault.people.search(tx, asker, body, within)).people.length);
    expect(await found(support, regions)).toBe(2);
    const ids = await Promise.all([berlin, paris, nowhere].map((name) => vault.personIdOf(name ?? '')));
    const named = await vault.query<{ person_id: Buffer }>(
      `SELECT person_id FROM client_pseudonym WHERE client_id = 'console'`,
    );
    expect(ids.map((id) => named.some(({ person_id }) => person_id.equals(id)))).toEqual([
      true,
      false,
      false,
    ]);
    // Once the console has a name for all of them, too.
    expect([await found(officer, null), await found(support, regions)]).toEqual([5, 2]);
  });

  it('a person of elsewhere is the same nobody as none, by the same statements', async () => {
    await somebody('FR', 'foreign@example.org');
    const body = searchPeople.body?.parse({ field: 'email', value: 'foreign@example.org' }) as BodyOf<
      typeof searchPeople
    >;
    const { people } = await run((tx) => vault.people.search(tx, officer, body, null));
    const foreign = people[0]?.person as ClientPseudonym;
    const none = (await vault.enrol({ fields: { given_name: 'X' } })) as ClientPseudonym;
    const regions = await reach();
    const read = (name: ClientPseudonym) => run((tx) => vault.people.read(tx, support, name, regions));
    const [one, other] = await Promise.all(
      [foreign, none].map((name) => read(name).catch((error: unknown) => error)),
    );
    expect(one).toMatchObject({ code: 'people.not_found', status: 404 });
    expect(one).toEqual(other);
    await run((tx) => vault.people.read(tx, officer, foreign, null));
  });

  it('whoever is bound to a region enrols, moves and erases nobody of another', async () => {
    const only = (action: string) => ({
      ...OWN_REGIONS,
      id: action,
      who: { clients: ['brand-shop'] },
      action,
      only: [{ region: ['DE'] }],
    });
    await enact({ rules: ['enrol', 'update', 'erase'].map(only) });
    const rules = inForce();
    const asked = (action: string) => rules.reach(SHOP.caller, { ability: { action, resource: 'Person' } });
    expect([await asked('enrol'), await asked('update'), await asked('erase'), await asked('read')]).toEqual([
      ['DE'],
      ['DE'],
      ['DE'],
      null,
    ]);
    expect(
      await rules.reach(OTHER_SHOP.caller, { ability: { action: 'enrol', resource: 'Person' } }),
    ).toBeNull();
    const batch = [
      { fields: { given_name: 'A' }, region: 'DE' },
      { fields: { given_name: 'B' }, region: 'FR' },
      { fields: { given_name: 'C' } },
    ];
    const { results } = await run(async (tx) => vault.desk.enrolBatch(tx, SHOP, batch, ['DE']));
    expect(results.map((one) => ('code' in one ? one.code : 'done'))).toEqual([
      'done',
      'auth.forbidden',
      'auth.forbidden',
    ]);
    expect((await vault.entries()).filter(({ action }) => action === 'people.enrol_batch')).toEqual([
      expect.objectContaining({ outcome: 'refused', code: 'auth.forbidden', count: 2 }),
    ]);
    const [home, away] = [await somebody('DE'), await somebody('FR')] as ClientPseudonym[];
    const REACH = { regions: ['DE'], moves: ['DE'], shown: null };
    const update = (name: ClientPseudonym | undefined, region: string | null) =>
      codeOf(run((tx) => vault.people.update(tx, SHOP, name as ClientPseudonym, { region }, REACH)));
    expect([
      await update(home, 'DE-BY'),
      await update(home, 'FR'),
      await update(home, null),
      await update(away, 'DE'),
    ]).toEqual(['done', 'auth.forbidden', 'auth.forbidden', 'people.not_found']);
    const erase = (name: ClientPseudonym | undefined) =>
      codeOf(run((tx) => vault.erasures.requestFor(tx, SHOP, name as ClientPseudonym, REASON, ['DE'])));
    expect([await erase(away), await erase(home)]).toEqual(['people.not_found', 'done']);
  });
});

describe('a reveal', () => {
  const policy = {
    id: 'shop',
    who: { clients: ['brand-shop'] },
    purposes: ['delivery', 'support'],
    fields: 'all',
    form: 'plain',
  };
  const only = (change: object) => enact({ reveals: [{ ...policy, ...change }] });
  const said = async () => (await vault.entries()).at(-1)?.details;

  it('needs a policy that allows it, and never gets more than the code allows', async () => {
    const name = await somebody('DE');
    await only({});
    expect(await codeOf(reveal(name))).toBe('done');
    await enact({ reveals: [] });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    await only({ purposes: ['legal-obligation', 'delivery'] });
    expect(await codeOf(reveal(name, wish({}, 'legal-obligation')))).toBe('people.purpose_not_allowed');
    await only({ fields: ['given_name'] });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    await only({ reasons: ['legal'] });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    await only({ regions: ['FR'] });
    expect(await codeOf(reveal(name))).toBe('people.not_found');
  });

  it('may be allowed in the masked form alone', async () => {
    const name = await somebody();
    await only({ form: 'masked' });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    const masked = await reveal(name, wish({ form: 'masked' }));
    expect(masked.fields).toEqual({});
    expect(masked.masked?.email).toMatch(/^.•••@example\.org$/);
    expect(await said()).toEqual({ form: 'masked', policies: ['shop'] });
  });

  it('says in its entry which policies allowed it: of those that reach the person, and of counted ones the one that did', async () => {
    const [berlin, paris] = [await somebody('DE'), await somebody('FR')];
    const here = { ...policy, id: 'here', regions: ['DE'] };
    const anywhere = { ...policy, id: 'anywhere' };
    await enact({ reveals: [here, anywhere, { ...anywhere, id: 'masked', form: 'masked' }] });
    await reveal(berlin);
    expect(await said()).toEqual({ form: 'plain', policies: ['here', 'anywhere'] });
    await reveal(paris);
    expect(await said()).toEqual({ form: 'plain', policies: ['anywhere'] });
    vault.ahead = 60_000 - (Date.now() % 60_000);
    await enact({
      reveals: [
        { ...here, id: 'near', perMinute: 1 },
        { ...anywhere, id: 'far', perMinute: 9 },
      ],
    });
    const counted = [await reveal(berlin).then(said), await reveal(berlin).then(said)];
    expect(counted.map((details) => details?.policies)).toEqual([['near'], ['far']]);
    const many = Array.from({ length: 30 }, (_, at) => ({ ...policy, id: `one-${at}` }));
    await enact({ reveals: many });
    await reveal(berlin);
    expect((await said())?.policies).toEqual(many.slice(0, 20).map(({ id }) => id));
  });

  it('is narrowed by the rules, too: ticket, category, purpose', async () => {
    const name = await somebody();
    const rule = (only: object[]) =>
      enact({ rules: [{ id: 'r', app: 'vault', action: 'reveal', resource: 'Person', only }] });
    await rule([{ ticket: ['ORDER'] }]);
    expect(await codeOf(reveal(name))).toBe('done');
    await rule([{ ticket: ['CASE'] }]);
    expect(await codeOf(reveal(name))).toBe('auth.forbidden');
    await rule([{ category: ['indirect'] }]);
    expect(await codeOf(reveal(name))).toBe('auth.forbidden');
    expect(await codeOf(reveal(name, wish({ fields: ['given_name'] })))).toBe('done');
    await rule([{ purpose: ['support'] }]);
    expect(await codeOf(reveal(name))).toBe('auth.forbidden');
    expect(await codeOf(reveal(name, wish({}, 'support')))).toBe('done');
  });

  it('is counted by all replicas together, and to the last one', async () => {
    const name = await somebody();
    await only({ perMinute: 5 });
    vault.ahead = 60_000 - (Date.now() % 60_000);
    const replicas = [inForce(), inForce()].map((rules) => vault.revealsOfReplica(rules));
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        codeOf(
          replicas[at % 2]?.reveal(SHOP, name as ClientPseudonym, wish()) ??
            Promise.reject(new Error('none')),
        ),
      ),
    );
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(5);
    expect(answers.filter((answer) => answer === 'request.rate_limited')).toHaveLength(11);
    const refused = await replicas[0]
      ?.reveal(SHOP, name as ClientPseudonym, wish())
      .catch((error: unknown) => error);
    const { headers } = refused as { headers: Record<string, string> };
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    vault.ahead += 60_000;
    expect(await codeOf(reveal(name))).toBe('done');
  });

  it('is taken from a policy that has some left for a person who lives there', async () => {
    const [berlin, paris] = [await somebody('DE'), await somebody('FR')];
    vault.ahead = 60_000 - (Date.now() % 60_000);
    await enact({
      reveals: [
        { ...policy, id: 'here', regions: ['DE'], perMinute: 1 },
        { ...policy, id: 'anywhere', perMinute: 1 },
      ],
    });
    const answers = [
      await codeOf(reveal(berlin)),
      await codeOf(reveal(berlin)),
      await codeOf(reveal(berlin)),
      await codeOf(reveal(paris)),
    ];
    expect(answers).toEqual(['done', 'done', 'request.rate_limited', 'request.rate_limited']);
  });

  it('keeps to the hours of a place, on the day that its clocks change, too', async () => {
    const name = await somebody();
    await only({ hours: [{ days: ['sun'], from: '02:00', to: '03:00', timeZone: 'Europe/Berlin' }] });
    const at = async (moment: string) => {
      vault.ahead = Date.parse(moment) - Date.now();
      return codeOf(reveal(name));
    };
    expect([await at('2027-03-28T00:59:00Z'), await at('2027-03-28T01:00:30Z')]).toEqual([
      'people.reveal_not_allowed',
      'people.reveal_not_allowed',
    ]);
    expect([
      await at('2027-10-31T00:30:00Z'),
      await at('2027-10-31T01:30:00Z'),
      await at('2027-10-31T02:00:00Z'),
    ]).toEqual(['done', 'done', 'people.reveal_not_allowed']);
  });
});

describe('samples', () => {
  const wished = {
    app: 'vault' as const,
    caller: { client: 'brand-shop' },
    action: 'reveal',
    resource: 'Person',
    purpose: 'delivery' as const,
    reason: { code: 'order' as const, reference: 'ORDER-7' },
  };

  it.each(IDENTITY_FIELDS)('of a reveal of %s say what the reveal itself is told', async (field) => {
    const only = [{ category: ['indirect'] }];
    const rule = { id: 'indirect', app: 'vault', action: 'reveal', resource: 'Person', only };
    const version = await enact({ rules: [rule] });
    const questions = [{ ...wished, fields: [field] }];
    const { answers } = await run((tx) => vault.rules.try(tx, officer, { version, questions }));
    const told = await codeOf(reveal(await somebody(), wish({ fields: [field] })));
    expect(answers.map(({ tried }) => (tried.allowed ? 'done' : 'auth.forbidden'))).toEqual([told]);
    expect(told).toBe(/name|date/.test(field) ? 'done' : 'auth.forbidden');
  });

  it('are not asked about a category beside the fields of a reveal', () => {
    const valid = (question: object) =>
      tryRules.body?.safeParse({ version: 1, questions: [question] }).success;
    const category = ['direct'];
    expect([valid(wished), valid({ ...wished, category }), valid({ ...wished, fields: [] })]).toEqual([
      true,
      false,
      false,
    ]);
    const reading = { ...wished, app: 'api', action: 'read', resource: 'Reading' };
    expect(valid({ ...reading, category: ['acceleration'] })).toBe(true);
  });

  it('are answered by both versions, with who says no, and nothing comes of it', async () => {
    const { version } = await draft({ rules: [{ ...OWN_REGIONS, only: [{ region: ['DE'] }] }], reveals: [] });
    const question = {
      app: 'vault' as const,
      caller: { roles: ['support' as const] },
      action: 'read',
      resource: 'Person',
      region: 'FR',
    };
    const wished = { ...question, action: 'reveal', purpose: 'support' as const, fields: ['email' as const] };
    const before = await vault.query('SELECT count(*) FROM rule_version');
    const { answers } = await run((tx) =>
      vault.rules.try(tx, officer, {
        version,
        questions: [question, { ...question, region: 'DE-BY' }, wished],
      }),
    );
    expect(answers).toEqual([
      {
        now: { allowed: true, refusedBy: [], reveals: null },
        tried: { allowed: false, refusedBy: ['support-at-home'], reveals: null },
      },
      {
        now: { allowed: true, refusedBy: [], reveals: null },
        tried: { allowed: true, refusedBy: [], reveals: null },
      },
      {
        now: { allowed: true, refusedBy: [], reveals: ['support'] },
        tried: { allowed: false, refusedBy: [], reveals: [] },
      },
    ]);
    expect(await vault.query('SELECT count(*) FROM rule_version')).toEqual(before);
    expect((await vault.entries()).at(-1)).toMatchObject({ action: 'rules.try', count: 3 });
  });
});
