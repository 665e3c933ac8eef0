import { IDENTITY_FIELDS, tryRules } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import {
  codeOf,
  draft,
  enact,
  OWN_REGIONS,
  officer,
  reveal,
  run,
  somebody,
  vault,
  wish,
} from './rules-stage.fixture.js';

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
    expect(told).toBe(/name|date|language/.test(field) ? 'done' : 'auth.forbidden');
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
