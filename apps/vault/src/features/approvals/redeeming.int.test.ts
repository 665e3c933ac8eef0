import { type ApprovalId, type OperationName } from '@integument/contracts';
import { decodeId, encodeId, operationDigest, randomId } from '@integument/crypto';
import { describe, expect, it } from 'vitest';
import { agreed, Member, requested } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import { API } from '../../vault.fixture.js';
import { anId, aSubject, auditor, hundred, officer, setRoles, somebody, vault } from './approvals.fixture.js';

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
