import type { ApprovalId, StaffId, StaffRole } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agreed, CASE, Member, requested } from '../../member.fixture.js';
import { TestVault } from '../../vault.fixture.js';

let vault: TestVault;
let admin: Member;
let officer: Member;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
let subjects = 0;
beforeEach(async () => {
  admin = await Member.appointed(vault, `admin-${++subjects}`, ['admin']);
  officer = await Member.appointed(vault, `officer-${subjects}`, ['privacy-officer']);
});

const idOf = (who: Member) => who.asker.caller.id as StaffId;
const nameOf = async (subject: string) =>
  (await admin.ask((tx, asker) => vault.staff.name(tx, asker, { subject }))).account as StaffId;
const allow = (account: StaffId, ...roles: StaffRole[]) =>
  agreed(vault, [admin, officer], 'staff.change', { account, roles });
const appoint = (subject: string, roles: StaffRole[], approval: ApprovalId) =>
  admin.ask((tx, asker) => vault.staff.appoint(tx, asker, { subject, roles, approval }));
const change = (account: StaffId, roles: StaffRole[], approval: ApprovalId, who = admin) =>
  who.ask((tx, asker) => vault.staff.changeRoles(tx, asker, account, { roles, approval }));
const dismiss = (account: StaffId, approval: ApprovalId, who = admin) =>
  who.ask((tx, asker) => vault.staff.dismiss(tx, asker, account, { approval }));
const list = async () => (await admin.ask((tx, asker) => vault.staff.list(tx, asker))).staff;
const appointAt = (issuer: string, approval: ApprovalId) =>
  admin.ask((tx, asker) =>
    vault.staff.appoint(tx, asker, { issuer, subject: 'far-away', roles: ['support'], approval }),
  );
const alive = (secret: string) => vault.unitOfWork.run((tx) => vault.sessions.find(tx, secret));

/** Appointed by the console, and signed in. */
async function appointed(...roles: StaffRole[]): Promise<Member> {
  const subject = `member-${++subjects}`;
  await appoint(subject, roles, await allow(await nameOf(subject), ...roles));
  return new Member(vault, subject).signIn();
}

describe('appointing', () => {
  it('takes somebody else’s agreement to just this account with just these roles', async () => {
    const subject = `new-${++subjects}`;
    const account = await nameOf(subject);
    const waiting = await requested(vault, admin, 'staff.change', { account, roles: ['support'] });
    await expect(appoint(subject, ['support'], waiting)).rejects.toThrow('approvals.not_approved');
    const approval = await allow(account, 'support', 'auditor');
    await expect(appoint('somebody-else', ['support', 'auditor'], approval)).rejects.toThrow(
      'other_parameters',
    );
    await expect(appoint(subject, ['support', 'admin'], approval)).rejects.toThrow('other_parameters');
    expect(await list()).not.toContainEqual(expect.objectContaining({ account }));
    // In whatever order, and however often, a role is named.
    await appoint(subject, ['auditor', 'support', 'auditor'], approval);
    expect(await list()).toContainEqual(
      expect.objectContaining({ account, roles: ['auditor', 'support'], origin: 'console', me: false }),
    );
    const member = await new Member(vault, subject).signIn();
    expect([member.asker.caller.id, member.asker.caller.roles]).toEqual([account, ['auditor', 'support']]);
  });

  it('is at a provider that may have staff: elsewhere the roles would wait for one of that name', async () => {
    const issuer = 'https://elsewhere.example.org';
    const { account } = await admin.ask((tx, asker) =>
      vault.staff.name(tx, asker, { issuer, subject: 'far-away' }),
    );
    const approval = await allow(account as StaffId, 'support');
    await expect(appointAt(issuer, approval)).rejects.toThrow('staff.issuer_unknown');
    expect(await list()).not.toContainEqual(expect.objectContaining({ account }));
  });

  it('is not of who is staff already, and doesn’t use the approval up then', async () => {
    const member = await appointed('support');
    const approval = await allow(idOf(member), 'auditor');
    await expect(appoint(member.subject, ['auditor'], approval)).rejects.toThrow('staff.known');
    await change(idOf(member), ['auditor'], approval);
  });

  it('may say where those live whom they look after, as it was agreed to, and other roles leave that as it is', async () => {
    const subject = `regional-${++subjects}`;
    const account = await nameOf(subject);
    const parameters = { account, roles: ['support' as const], regions: ['US-CA', 'DE'] };
    const approval = await agreed(vault, [admin, officer], 'staff.change', parameters);
    const appointIn = (regions?: string[]) =>
      admin.ask((tx, asker) =>
        vault.staff.appoint(tx, asker, {
          subject,
          roles: ['support'],
          approval,
          ...(regions && { regions }),
        }),
      );
    await expect(appointIn()).rejects.toThrow('other_parameters');
    await expect(appointIn(['DE'])).rejects.toThrow('other_parameters');
    await appointIn(['DE', 'US-CA']);
    const member = await new Member(vault, subject).signIn();
    expect(member.asker.caller.regions).toEqual(['DE', 'US-CA']);
    await change(account, ['support', 'auditor'], await allow(account, 'support', 'auditor'));
    expect(await list()).toContainEqual(expect.objectContaining({ account, regions: ['DE', 'US-CA'] }));
  });

  it('is on record with what was given, and names nobody but by a digest', async () => {
    const member = await appointed('support');
    const entry = (await vault.entries()).findLast(({ action }) => action === 'staff.appoint');
    expect(entry).toMatchObject({
      actor: { id: idOf(admin) },
      object: idOf(member),
      reason: CASE,
      details: { roles: ['support'], rolesBefore: [], approval: expect.stringMatching(/^apr_/) as string },
    });
    expect(JSON.stringify(await vault.entries())).not.toContain(member.subject);
    const kept = await vault.query<{ text: string }>(
      `SELECT string_agg(a::text, '') AS text FROM approval a`,
    );
    expect(kept[0]?.text).not.toContain(member.subject);
  });
});

describe('changing roles', () => {
  it('ends every session of the account, and no other', async () => {
    const member = await appointed('support');
    await member.enrolTotp();
    const elsewhere = await member.elsewhere();
    await change(idOf(member), ['auditor'], await allow(idOf(member), 'auditor'));
    for (const { secret } of [member, elsewhere]) expect(await alive(secret)).toBeNull();
    for (const { secret } of [admin, officer]) expect(await alive(secret)).not.toBeNull();
    await member.signIn();
    expect(member.asker.caller.roles).toEqual(['auditor']);
    expect((await member.ask((tx, asker) => vault.factors.list(tx, asker))).factors).toHaveLength(1);
  });

  it('ends no session where it fails: both are one transaction', async () => {
    const member = await appointed('support');
    const approval = await allow(idOf(member), 'auditor');
    const failing = admin.ask(async (tx, asker) => {
      await vault.staff.changeRoles(tx, asker, idOf(member), { roles: ['auditor'], approval });
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(await alive(member.secret)).toMatchObject({ roles: ['support'] });
    await change(idOf(member), ['auditor'], approval);
  });

  it('is nobody’s own: not to ask for, not to do, not to agree to', async () => {
    const own = { account: idOf(admin), roles: ['admin', 'auditor'] as StaffRole[] };
    await expect(requested(vault, admin, 'staff.change', own)).rejects.toThrow('approvals.not_allowed');
    const other = await Member.appointed(vault, `admin-${++subjects}`, ['admin']);
    const approval = await agreed(vault, [other, officer], 'staff.change', own);
    await expect(change(own.account, own.roles, approval)).rejects.toThrow('staff.own_roles');
    await expect(dismiss(own.account, approval)).rejects.toThrow('staff.own_roles');
    await expect(appoint(admin.subject, own.roles, approval)).rejects.toThrow('staff.own_roles');
    const about = { account: idOf(officer), roles: ['admin'] as StaffRole[] };
    await expect(agreed(vault, [admin, officer], 'staff.change', about)).rejects.toThrow(
      'approvals.not_found',
    );
  });

  it('of the file’s rows is refused: the operator’s file says who they are', async () => {
    const other = await Member.appointed(vault, `of-file-${++subjects}`, ['support']);
    const approval = await allow(idOf(other), 'auditor');
    await expect(change(idOf(other), ['auditor'], approval)).rejects.toMatchObject({
      code: 'staff.of_file',
      status: 409,
    });
    await expect(dismiss(idOf(other), approval)).rejects.toThrow('staff.of_file');
    expect(await alive(other.secret)).not.toBeNull();
  });

  it('is not of who is no staff', async () => {
    const account = await nameOf('nobody-at-all');
    const approval = await allow(account, 'auditor');
    await expect(change(account, ['auditor'], approval)).rejects.toThrow('staff.not_found');
    await expect(dismiss(account, approval)).rejects.toThrow('staff.not_found');
  });

  it('is done once by a hundred at once', async () => {
    const member = await appointed('support');
    const approval = await allow(idOf(member), 'auditor');
    const all = await Promise.allSettled(
      Array.from({ length: 100 }, () => change(idOf(member), ['auditor'], approval)),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('dismissing', () => {
  it('ends the sessions, forgets the second factors, and leaves nothing to come back to', async () => {
    const member = await appointed('support');
    await member.enrolTotp();
    const account = idOf(member);
    await expect(dismiss(account, await allow(account, 'auditor'))).rejects.toThrow('other_parameters');
    await dismiss(account, await allow(account));
    expect(await alive(member.secret)).toBeNull();
    expect(
      await vault.query('SELECT 1 FROM factor WHERE account = $1', [Buffer.from(account, 'hex')]),
    ).toEqual([]);
    await expect(member.signIn()).rejects.toThrow('lets no staff in');
    expect(await list()).not.toContainEqual(expect.objectContaining({ account }));
    expect((await vault.entries()).findLast(({ action }) => action === 'staff.dismiss')).toMatchObject({
      object: account,
      details: { roles: [], rolesBefore: ['support'] },
    });
  });
});
