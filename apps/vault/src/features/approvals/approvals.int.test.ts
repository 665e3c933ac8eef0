import { type ApprovalId, type OperationName } from '@integument/contracts';
import { decodeId, encodeId, operationDigest, randomId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agreed, approve, CASE, Member, requested } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import { API, TestVault } from '../../vault.fixture.js';

const HOUR = 3_600_000;
const EMERGENCY = { code: 'break-glass', reference: 'INC-1' } as const;

let vault: TestVault;
let auditor: Member;
let officer: Member;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(async () => {
  vault.ahead = 0;
  [auditor, officer] = [await somebody('auditor'), await somebody('privacy-officer')];
});

let subjects = 0;
/** Somebody of staff whom no other test knows. */
const somebody = (...roles: string[]) => Member.appointed(vault, `member-${++subjects}`, roles);
const aSubject = () => ({ subject: randomId().toString('base64url').padEnd(43, 'A') });
const anId = () => encodeId('apr', randomId()) as ApprovalId;
const use = (who: Member, approval: ApprovalId, parameters: { subject: string }) =>
  who.ask((tx, asker) => vault.approvals.use(tx, asker, 'evidence.open', parameters, approval));
const read = (who: Member, approval: ApprovalId) =>
  who.ask((tx, asker) => vault.decisions.read(tx, asker, approval));
const list = async (who: Member, show: 'waiting' | 'mine' | 'review') =>
  (await who.ask((tx, asker) => vault.decisions.list(tx, asker, show))).approvals.map(
    ({ approval }) => approval,
  );
const refuse = (who: Member, approval: ApprovalId) =>
  who.ask((tx, asker) => vault.decisions.refuse(tx, asker, approval, 'not_justified'));
const takeBack = (who: Member, approval: ApprovalId) =>
  who.ask((tx, asker) => vault.requests.takeBack(tx, asker, approval));
const setRoles = (who: Member, ...roles: string[]) =>
  vault.query('UPDATE staff SET roles = $2 WHERE account = $1', [accountOf(who), roles]);
const accountOf = (who: Member) => Buffer.from(who.asker.caller.id, 'hex');

const hundred = (work: () => Promise<unknown>) => Array.from({ length: 100 }, work);

describe('asking', () => {
  it('is for whoever may do it; nobody else is a requester', async () => {
    for (const role of ['admin', 'privacy-officer', 'support'])
      await expect(requested(vault, await somebody(role), 'evidence.open', aSubject())).rejects.toThrow(
        'approvals.not_allowed',
      );
    await requested(vault, auditor, 'evidence.open', aSubject());
  });

  it('shows the second person just what was asked for, by whom and why', async () => {
    const parameters = aSubject();
    const approval = await requested(vault, auditor, 'evidence.open', parameters);
    expect(await read(officer, approval)).toMatchObject({
      operation: 'evidence.open',
      parameters,
      reason: CASE,
      state: 'requested',
      requestedBy: auditor.asker.caller.id,
      mine: false,
      decidedBy: null,
      breakGlass: false,
    });
    expect(await list(officer, 'waiting')).toContain(approval);
    expect(await list(auditor, 'waiting')).not.toContain(approval);
    expect(await list(auditor, 'mine')).toEqual([approval]);
  });

  it('for the same twice is refused while the first is good, and not afterwards', async () => {
    const parameters = aSubject();
    const first = await requested(vault, auditor, 'evidence.open', parameters);
    const again = () => requested(vault, auditor, 'evidence.open', parameters);
    await expect(again()).rejects.toThrow('approvals.asked_already');
    await approve(vault, officer, first);
    await expect(again()).rejects.toThrow('approvals.asked_already');
    await requested(vault, await somebody('auditor'), 'evidence.open', parameters);
    await breakGlass(auditor, parameters);
    await use(auditor, first, parameters);
    await takeBack(auditor, await again());
    await again();
    vault.ahead = 24 * HOUR;
    await again();
  });

  it('is for twenty things at once, of a hundred that are asked for at once, too; others go on', async () => {
    const ask = () => requested(vault, auditor, 'evidence.open', aSubject());
    expect(await outcomes(hundred(ask))).toEqual({ done: 20, 'approvals.too_many': 80 });
    const [first] = await list(auditor, 'mine');
    await takeBack(auditor, first as ApprovalId);
    await ask();
    await expect(ask()).rejects.toThrow('approvals.too_many');
    await requested(vault, await somebody('auditor'), 'evidence.open', aSubject());
  });

  it('with roles that one has no more is void: not to be decided about, and no burden', async () => {
    const parameters = aSubject();
    const approval = await requested(vault, auditor, 'evidence.open', parameters);
    await setRoles(auditor, 'auditor', 'support');
    expect(await list(officer, 'waiting')).not.toContain(approval);
    await expect(approve(vault, officer, approval)).rejects.toThrow('approvals.over');
    expect((await read(officer, approval)).state).toBe('void');
    await auditor.signIn();
    await requested(vault, auditor, 'evidence.open', parameters);
  });

  it('is stamped by the clock that stamps roles, whatever the app’s clock says', async () => {
    vault.ahead = HOUR;
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', aSubject());
    await setRoles(auditor, 'support');
    await setRoles(auditor, 'auditor');
    expect((await read(officer, approval)).state).toBe('void');
  });

  it('for what is declared no more is neither shown nor in the way', async () => {
    const approval = await requested(vault, auditor, 'evidence.open', aSubject());
    await vault.query(`UPDATE approval SET operation = 'evidence.peek' WHERE approval_id = $1`, [
      decodeId('apr', approval),
    ]);
    expect(await list(auditor, 'mine')).toEqual([]);
    await expect(read(auditor, approval)).rejects.toThrow('approvals.not_found');
  });

  it('is not shown where what is shown is not what would be done', async () => {
    const approval = await requested(vault, auditor, 'evidence.open', aSubject());
    await vault.query('UPDATE approval SET parameters = $2::jsonb WHERE approval_id = $1', [
      decodeId('apr', approval),
      JSON.stringify(aSubject()),
    ]);
    await expect(read(officer, approval)).rejects.toThrow(
      expect.objectContaining({ name: 'AnotherOperation' }),
    );
    await expect(approve(vault, officer, approval)).rejects.toThrow(
      expect.objectContaining({ name: 'AnotherOperation' }),
    );
  });
});

describe('agreeing', () => {
  it('takes another person: the same account in another session or role is the same', async () => {
    const both = await somebody('auditor', 'privacy-officer');
    const approval = await requested(vault, both, 'evidence.open', aSubject());
    for (const self of [both, await both.elsewhere()])
      for (const decide of [() => approve(vault, self, approval), () => refuse(self, approval)])
        await expect(decide()).rejects.toThrow('approvals.same_person');
    const alone = vault.query(
      `UPDATE approval SET state = 'approved', decided_by = requested_by, decided_at = now() WHERE approval_id = $1`,
      [decodeId('apr', approval)],
    );
    await expect(alone).rejects.toMatchObject({ constraint: 'approval_two_people' });
  });

  it('is for the roles that the operation declares: to others it is not there', async () => {
    const approval = await requested(vault, auditor, 'evidence.open', aSubject());
    for (const role of ['auditor', 'admin', 'support']) {
      const other = await somebody(role);
      for (const decide of [
        () => approve(vault, other, approval),
        () => refuse(other, approval),
        () => read(other, approval),
      ])
        await expect(decide()).rejects.toThrow('approvals.not_found');
      expect(await list(other, 'waiting')).not.toContain(approval);
    }
    expect((await read(auditor, approval)).state).toBe('requested');
  });

  it('is not for whom it is about', async () => {
    const [admin, other] = [await somebody('admin'), await somebody('admin')];
    const account = officer.asker.caller.id as never;
    const approval = await requested(vault, admin, 'staff.change', { account, roles: ['admin'] });
    await expect(approve(vault, officer, approval)).rejects.toThrow('approvals.not_found');
    await approve(vault, other, approval);
    const inDatabase = vault.query('UPDATE approval SET decided_by = account WHERE approval_id = $1', [
      decodeId('apr', approval),
    ]);
    await expect(inDatabase).rejects.toMatchObject({ constraint: 'approval_not_about_oneself' });
  });

  it('happens once, of a hundred at once, and of who agrees and who refuses one is heard', async () => {
    const first = await requested(vault, auditor, 'evidence.open', aSubject());
    expect(await outcomes(hundred(() => approve(vault, officer, first)))).toEqual({
      done: 1,
      'approvals.decided': 99,
    });
    const second = await requested(vault, auditor, 'evidence.open', aSubject());
    const other = await somebody('privacy-officer');
    expect(await outcomes([approve(vault, officer, second), refuse(other, second)])).toEqual({
      done: 1,
      'approvals.decided': 1,
    });
  });

  it('comes too late when the time is over', async () => {
    const approval = await requested(vault, auditor, 'evidence.open', aSubject());
    vault.ahead = 24 * HOUR;
    await expect(approve(vault, officer, approval)).rejects.toThrow('approvals.over');
    expect((await read(auditor, approval)).state).toBe('expired');
    expect(await list(officer, 'waiting')).not.toContain(approval);
  });
});

describe('an approval', () => {
  it('is used once, of a hundred uses at once, also across a restart', async () => {
    const parameters = aSubject();
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    vault = await vault.restart();
    auditor.vault = vault;
    const counts = await outcomes(hundred(() => use(auditor, approval, parameters)));
    expect(counts).toEqual({ done: 1, 'approvals.over': 99 });
    vault = await vault.restart();
    auditor.vault = vault;
    await expect(use(auditor, approval, parameters)).rejects.toThrow('approvals.over');
    expect((await read(auditor, approval)).state).toBe('used');
  });

  it('is not used up by an effect that rolls back', async () => {
    const parameters = aSubject();
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    const failing = auditor.ask(async (tx, asker) => {
      await vault.approvals.use(tx, asker, 'evidence.open', parameters, approval);
      throw new Error('the effect failed');
    });
    await expect(failing).rejects.toThrow('the effect failed');
    await use(auditor, approval, parameters);
  });

  it('is good for what was agreed to and nothing else', async () => {
    const parameters = aSubject();
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    await expect(use(auditor, approval, aSubject())).rejects.toThrow('approvals.other_parameters');
    const account = auditor.asker.caller.id as never;
    const asAnother = auditor.ask((tx, asker) =>
      vault.approvals.use(tx, asker, 'factors.remove_last', { account }, approval),
    );
    await expect(asAnother).rejects.toThrow('approvals.not_found');
    await use(auditor, approval, parameters);
  });

  it('is good for who asked: somebody else’s is as none, to the one who agreed, too', async () => {
    const parameters = aSubject();
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    for (const other of [await somebody('auditor'), officer])
      for (const id of [approval, anId()]) {
        await expect(use(other, id, parameters)).rejects.toThrow('approvals.not_found');
        await expect(takeBack(other, anId())).rejects.toThrow('approvals.not_found');
      }
    await use(await auditor.elsewhere(), approval, parameters);
  });

  it('is no good before anybody has agreed, after somebody refused, or once it was taken back', async () => {
    const parameters = aSubject();
    const waiting = await requested(vault, auditor, 'evidence.open', parameters);
    await expect(use(auditor, waiting, parameters)).rejects.toThrow('approvals.not_approved');
    await refuse(officer, waiting);
    expect(await read(auditor, waiting)).toMatchObject({ state: 'refused', refusal: 'not_justified' });
    await expect(use(auditor, waiting, parameters)).rejects.toThrow('approvals.over');
    await expect(approve(vault, officer, waiting)).rejects.toThrow('approvals.decided');
    const back = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    await expect(takeBack(officer, back)).rejects.toThrow('approvals.not_found');
    await takeBack(auditor, back);
    await expect(use(auditor, back, parameters)).rejects.toThrow('approvals.over');
    await expect(takeBack(auditor, back)).rejects.toThrow('approvals.over');
  });

  it('is good to the last second of its time', async () => {
    const parameters = aSubject();
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    vault.ahead = 24 * HOUR;
    await expect(use(auditor, approval, parameters)).rejects.toThrow('approvals.over');
    vault.ahead = 24 * HOUR - 5_000;
    await use(auditor, approval, parameters);
  });

  it('is no good once its requester or approver has lost the role, also where they got it back', async () => {
    const parameters = aSubject();
    const losing: [Member, string][] = [
      [auditor, 'auditor'],
      [officer, 'privacy-officer'],
    ];
    for (const [who, role] of losing) {
      const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
      const { asker } = auditor;
      const attempt = () =>
        vault.unitOfWork.run((tx) => vault.approvals.use(tx, asker, 'evidence.open', parameters, approval));
      await setRoles(who, 'support');
      await expect(attempt()).rejects.toThrow('approvals.over');
      await setRoles(who, role);
      await expect(attempt()).rejects.toThrow('approvals.over');
      await who.signIn();
    }
  });

  it('is no good with an approver who has not the role, since whenever that is', async () => {
    const parameters = aSubject();
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    await setRoles(officer, 'support');
    // As if a clock had gone back: not by the moment alone.
    await vault.query(`UPDATE staff SET since = 'epoch' WHERE account = $1`, [accountOf(officer)]);
    await expect(use(auditor, approval, parameters)).rejects.toThrow('approvals.over');
  });

  it('is no good to a requester whose role for it is gone, though nothing else is', async () => {
    const parameters = aSubject();
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    const caller = { ...auditor.asker.caller, roles: ['support'] } as typeof auditor.asker.caller;
    const weaker = vault.unitOfWork.run((tx) =>
      vault.approvals.use(tx, { ...auditor.asker, caller }, 'evidence.open', parameters, approval),
    );
    await expect(weaker).rejects.toThrow('approvals.not_allowed');
    await use(auditor, approval, parameters);
  });

  it('is no good once either was dismissed, also where they were appointed again', async () => {
    const parameters = aSubject();
    for (const who of [officer, auditor]) {
      const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
      const { asker } = auditor;
      const attempt = () =>
        vault.unitOfWork.run((tx) => vault.approvals.use(tx, asker, 'evidence.open', parameters, approval));
      const { roles } = who.asker.caller;
      await vault.query('DELETE FROM staff WHERE account = $1', [accountOf(who)]);
      await expect(attempt()).rejects.toThrow('approvals.over');
      await vault.appoint(who.subject, roles);
      await expect(attempt()).rejects.toThrow('approvals.over');
      await who.signIn();
    }
  });

  it('is forgotten a month after its time, but for an emergency that nobody has reviewed', async () => {
    const approval = await requested(vault, auditor, 'evidence.open', aSubject());
    const emergency = await breakGlass(auditor);
    const sweep = () => vault.unitOfWork.run((tx) => vault.approvals.sweep(tx));
    vault.ahead = 30 * 24 * HOUR;
    await sweep();
    expect(await list(auditor, 'mine')).toHaveLength(2);
    vault.ahead = 32 * 24 * HOUR;
    await sweep();
    expect(await list(auditor, 'mine')).toEqual([emergency]);
    expect(approval).not.toBe(emergency);
  });

  it('leaves an entry under the commitment with every step', async () => {
    const parameters = aSubject();
    const before = (await vault.entries()).length;
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    await takeBack(auditor, approval);
    const refused = await requested(vault, auditor, 'evidence.open', parameters);
    await read(officer, refused);
    await refuse(officer, refused);
    const steps = (await vault.entries()).slice(before);
    expect(steps.map(({ action, actor }) => [actor.id, action])).toEqual([
      [auditor.asker.caller.id, 'approvals.request'],
      [officer.asker.caller.id, 'approvals.approve'],
      [auditor.asker.caller.id, 'approvals.take_back'],
      [auditor.asker.caller.id, 'approvals.request'],
      [officer.asker.caller.id, 'approvals.read'],
      [officer.asker.caller.id, 'approvals.refuse'],
    ]);
    const digest = operationDigest('evidence.open', parameters).toString('hex');
    for (const entry of steps)
      expect(entry).toMatchObject({
        subject: parameters.subject,
        reason: CASE,
        details: { operation: 'evidence.open', digest },
      });
    expect(steps.map(({ object }) => object)).toEqual([
      ...Array<string>(3).fill(approval),
      ...Array<string>(3).fill(refused),
    ]);
  });
});

async function breakGlass(who: Member, parameters = aSubject()): Promise<ApprovalId> {
  const asked = { operation: 'evidence.open', parameters, reason: EMERGENCY } as const;
  return (await who.ask((tx, asker) => vault.requests.breakGlass(tx, asker, asked))).approval as ApprovalId;
}
const review = (who: Member, approval: ApprovalId, outcome: 'justified' | 'not_justified' = 'justified') =>
  who.ask((tx, asker) => vault.decisions.review(tx, asker, approval, { outcome, reference: 'REV-1' }));

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

describe('redeeming for the API', () => {
  /** A session of the data plane, as a member of staff gets one. */
  async function apiSessionOf(who: Member) {
    if (who.totpSecret === '') await who.enrolTotp();
    const { code } = await who.ask((tx, asker) => vault.signIn.issueCode(tx, asker));
    return (await vault.unitOfWork.run((tx) => vault.signIn.redeem(tx, API, code))).session as never;
  }
  const redeem = (
    approval: ApprovalId,
    session: never,
    parameters: { subject: string },
    operation: OperationName = 'evidence.open',
  ) => {
    const digest = operationDigest(operation, parameters).toString('base64url');
    return vault.unitOfWork.run((tx) =>
      vault.approvals.redeem(tx, API, { approval, operation, digest, session }),
    );
  };

  it('says yes once, of a hundred at once, in a session of who asked, and names nobody', async () => {
    const parameters = aSubject();
    const session = await apiSessionOf(auditor);
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    expect(await outcomes(hundred(() => redeem(approval, session, parameters)))).toEqual({
      done: 1,
      'approvals.not_redeemable': 99,
    });
    const entry = (await vault.entries()).findLast(({ action }) => action === 'approvals.redeem');
    expect(entry).toMatchObject({
      actor: { kind: 'process', id: 'api' },
      object: approval,
      subject: parameters.subject,
      details: { operation: 'evidence.open', staff: auditor.asker.caller.id },
    });
    const other = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    expect(await redeem(other, session, parameters)).toBeUndefined();
  });

  it('says the same no to everything else, and uses nothing up by it', async () => {
    const parameters = aSubject();
    const session = await apiSessionOf(auditor);
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    const waiting = await requested(vault, auditor, 'evidence.open', aSubject());
    const person = await vault.personIdOf(await vault.enrol({ fields: { given_name: 'Ada' } }));
    const foreign = [
      await apiSessionOf(await somebody('auditor')),
      await apiSessionOf(officer),
      (await vault.sessionOf(person)) as never,
      encodeId('ssn', randomId()) as never,
    ];
    const refused = [
      ...foreign.map((other) => redeem(approval, other, parameters)),
      redeem(approval, session, aSubject()),
      redeem(approval, session, parameters, 'factors.remove_last'),
      redeem(waiting, session, parameters),
      redeem(anId(), session, parameters),
    ];
    expect(await outcomes(refused)).toEqual({ 'approvals.not_redeemable': refused.length });
    await redeem(approval, session, parameters);
  });

  it('says no in a session that has run out, or that a change of roles or a removal of factors has ended', async () => {
    const parameters = aSubject();
    const session = await apiSessionOf(auditor);
    const approval = await agreed(vault, [auditor, officer], 'evidence.open', parameters);
    const key = decodeId('ssn', session);
    await vault.query(`UPDATE api_session SET expires_at = now() - interval '1 s' WHERE session = $1`, [key]);
    await expect(redeem(approval, session, parameters)).rejects.toThrow('approvals.not_redeemable');
    await vault.query(`UPDATE api_session SET expires_at = now() + interval '1 h' WHERE session = $1`, [key]);
    await setRoles(auditor, 'auditor', 'support');
    expect(await vault.query('SELECT 1 FROM api_session WHERE session = $1', [key])).toEqual([]);
    await expect(redeem(approval, session, parameters)).rejects.toThrow('approvals.not_redeemable');
  });
});
