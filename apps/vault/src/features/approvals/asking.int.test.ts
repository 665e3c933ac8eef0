import { type ApprovalId } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { describe, expect, it } from 'vitest';
import { agreed, approve, CASE, requested } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import {
  aSubject,
  auditor,
  breakGlass,
  HOUR,
  hundred,
  list,
  officer,
  read,
  setRoles,
  somebody,
  takeBack,
  use,
  vault,
} from './approvals.fixture.js';

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
