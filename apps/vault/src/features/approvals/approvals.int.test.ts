import { decodeId, operationDigest } from '@integument/crypto';
import { describe, expect, it } from 'vitest';
import { agreed, approve, CASE, Member, requested } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import {
  accountOf,
  anId,
  aSubject,
  auditor,
  breakGlass,
  HOUR,
  hundred,
  list,
  officer,
  read,
  refuse,
  restart,
  setRoles,
  somebody,
  takeBack,
  use,
  vault,
} from './approvals.fixture.js';

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
    await restart();
    auditor.vault = vault;
    const counts = await outcomes(hundred(() => use(auditor, approval, parameters)));
    expect(counts).toEqual({ done: 1, 'approvals.over': 99 });
    await restart();
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
