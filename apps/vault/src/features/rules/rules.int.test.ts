import { type ApprovalId } from '@integument/contracts';
import { RULES_LEASE_MS, RulesInForce } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP } from '../../vault.fixture.js';
import { FIRST_RULES } from './first-rules.js';
import {
  admin,
  approved,
  codeOf,
  draft,
  enact,
  inForce,
  OWN_REGIONS,
  officer,
  READ,
  REASON,
  run,
  vault,
} from './rules-stage.fixture.js';

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
