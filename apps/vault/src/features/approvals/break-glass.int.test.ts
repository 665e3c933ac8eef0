import { type ApprovalId, type OperationName } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { describe, expect, it } from 'vitest';
import { agreed } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import {
  aSubject,
  auditor,
  breakGlass,
  EMERGENCY,
  HOUR,
  hundred,
  list,
  officer,
  refuse,
  review,
  somebody,
  takeBack,
  use,
  vault,
} from './approvals.fixture.js';

describe('break-glass', () => {
  it('is good at once, once and for 15 minutes, to the one who broke it', async () => {
    const parameters = aSubject();
    const approval = await breakGlass(auditor, parameters);
    await expect(use(await somebody('auditor'), approval, parameters)).rejects.toThrow('approvals.not_found');
    expect(await outcomes(hundred(() => use(auditor, approval, parameters)))).toEqual({
      done: 1,
      'approvals.over': 99,
    });
    const late = await breakGlass(auditor, parameters);
    vault.ahead = 15 * 60_000;
    await expect(use(auditor, late, parameters)).rejects.toThrow('approvals.over');
  });

  it('is only for who may do it', async () => {
    await expect(breakGlass(await somebody('support'))).rejects.toThrow('approvals.not_allowed');
  });

  it('is declared by the opening of a commitment and nothing else', async () => {
    const { BREAK_GLASS_NAMES, breakGlass: route } = await import('@integument/contracts');
    expect(BREAK_GLASS_NAMES).toEqual(['evidence.open']);
    const account = auditor.asker.caller.id;
    const bodies: [OperationName, object][] = [
      ['factors.remove_last', { account }],
      ['staff.change', { account, roles: [] }],
    ];
    for (const [operation, parameters] of bodies)
      expect(route.body?.safeParse({ operation, parameters, reason: EMERGENCY }).success).toBe(false);
  });

  it('is an action of its own, with the reason that the report and the alert rule look for', async () => {
    const parameters = aSubject();
    const approval = await breakGlass(auditor, parameters);
    const entry = (await vault.entries()).at(-1);
    expect(entry).toMatchObject({ action: 'approvals.break_glass', reason: EMERGENCY, object: approval });
    expect((await use(auditor, approval, parameters)).reason).toEqual(EMERGENCY);
    const [rule] = await vault.query<{ enabled: boolean; definition: { match: object } }>(
      `SELECT enabled, definition FROM audit_alert_rule WHERE id = 'break-glass'`,
    );
    expect(rule).toMatchObject({
      enabled: true,
      definition: { match: { actions: ['*'], reasons: ['break-glass'] }, when: { kind: 'each' } },
    });
  });

  it('is reviewed by somebody else, with an outcome, once', async () => {
    const approval = await breakGlass(auditor);
    const both = await somebody('auditor', 'privacy-officer');
    const own = await breakGlass(both);
    expect(await list(officer, 'review')).toEqual(expect.arrayContaining([approval, own]));
    expect(await list(both, 'review')).not.toContain(own);
    await expect(review(both, own)).rejects.toThrow('approvals.same_person');
    await expect(review(await somebody('admin'), approval)).rejects.toThrow('approvals.not_found');
    expect(await review(officer, approval, 'not_justified')).toMatchObject({
      review: { reviewedBy: officer.asker.caller.id, outcome: 'not_justified', reference: 'REV-1' },
    });
    const entry = (await vault.entries()).at(-1);
    expect(entry).toMatchObject({
      action: 'approvals.review',
      details: { outcome: 'not_justified', reference: 'REV-1' },
    });
    // With that reason the alert rule would take the review for another emergency.
    expect(entry?.reason).toBeUndefined();
    await expect(review(officer, approval)).rejects.toThrow('approvals.reviewed');
    expect(await list(officer, 'review')).not.toContain(approval);
    const alone = vault.query(
      `UPDATE approval SET reviewed_by = requested_by, reviewed_at = now(), review_outcome = 'justified',
         review_reference = 'REV-2' WHERE approval_id = $1`,
      [decodeId('apr', own)],
    );
    await expect(alone).rejects.toMatchObject({ constraint: 'approval_reviewed_by_another' });
  });

  it('needs no review where there was none, and can’t be taken back or decided about', async () => {
    const usual = await agreed(vault, [auditor, officer], 'evidence.open', aSubject());
    await expect(review(officer, usual)).rejects.toThrow('approvals.not_found');
    const approval = await breakGlass(auditor);
    await expect(takeBack(auditor, approval)).rejects.toThrow('approvals.over');
    await expect(refuse(officer, approval)).rejects.toThrow('approvals.decided');
    expect(await list(officer, 'waiting')).not.toContain(approval);
  });

  it('is refused to who has three uses without a review, of a hundred at once, too', async () => {
    expect(await outcomes(hundred(() => breakGlass(auditor)))).toEqual({
      done: 3,
      'approvals.reviews_open': 97,
    });
    await breakGlass(await somebody('auditor'));
    const [one] = await list(auditor, 'mine');
    await review(officer, one as ApprovalId);
    await breakGlass(auditor);
  });

  it('is refused to who has left a use unreviewed for more than 72 hours, and to nobody else', async () => {
    const first = await breakGlass(auditor);
    vault.ahead = 71 * HOUR;
    await review(officer, await breakGlass(auditor));
    vault.ahead = 72 * HOUR + 5_000;
    await expect(breakGlass(auditor)).rejects.toThrow('approvals.review_overdue');
    await breakGlass(await somebody('auditor'));
    await review(officer, first);
    await breakGlass(auditor);
  });
});
