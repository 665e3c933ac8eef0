import { randomBytes } from 'node:crypto';
import {
  type AnswerOf,
  appointStaff,
  approveApproval,
  beginPasskey,
  breakGlass,
  changeStaffRoles,
  dismissStaff,
  enrolPasskey,
  issueSignInCode,
  listAlerts,
  listApprovals,
  listFactors,
  listStaff,
  nameAccount,
  openCommitment,
  openSession,
  readApproval,
  readAuditReport,
  readSession,
  redeemApproval,
  removeFactor,
  removeLastFactors,
  requestApproval,
  reviewApproval,
} from '@integument/contracts';
import { operationDigest } from '@integument/crypto';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, type Exchange, type LooseInput, request } from '../../../tools/outside/ask.js';
import { Browser, signIn } from '../../../tools/outside/browser.js';
import { CertificateHolder } from '../../../tools/outside/certificate-holder.js';
import { findEntries } from '../../../tools/outside/find-entries.js';
import { enrolSomebody } from '../../../tools/outside/newcomer.js';
import { SoftwarePasskey } from '../../../tools/outside/software-passkey.js';

// What takes two people, done by two, each with their second factor; and what one of them can't do alone.

const info = platform();
const { vault, api, vaultInternal } = info.urls;
const reason = { code: 'legal', reference: 'CASE-7' } as const;
const began = new Date().toISOString();

let admin: Browser;
let officer: Browser;
let auditor: Browser;
beforeAll(async () => {
  admin = await signIn(info, info.staff.admin);
  officer = await signIn(info, info.staff.privacyOfficer);
  auditor = await signIn(info, info.staff.auditor);
});

const refusalOf = async (asked: Promise<Exchange>) => {
  const { status, code } = await asked;
  return `${status} ${code ?? ''}`;
};
const approve = (who: Browser, approval: string) =>
  ask(who, vault, approveApproval, { params: { approval } });

/** The commitment to somebody whom the log tells of. */
async function aSubject(): Promise<string> {
  const from = new Date().toISOString();
  await enrolSomebody(info);
  return vi.waitFor(
    async () => {
      const [found] = await findEntries(auditor, vault, { action: 'people.enrol', outcome: 'done', from });
      expect(found?.entry.subject).toBeDefined();
      return found?.entry.subject ?? '';
    },
    { timeout: 15_000, interval: 200 },
  );
}

describe('a commitment of the log', () => {
  let subject: string;
  let approval: string;

  it('is asked for by the auditor, who can’t agree to it', async () => {
    subject = await aSubject();
    const body = { operation: 'evidence.open' as const, parameters: { subject }, reason };
    const made = await ask(auditor, vault, requestApproval, { body });
    ({ approval } = made);
    expect(made).toMatchObject({ state: 'requested', mine: true, parameters: { subject } });
    const params = { approval };
    expect(await refusalOf(request(auditor, vault, approveApproval, { params }))).toBe('403 auth.forbidden');
    const open = { body: { subject, approval } };
    expect(await refusalOf(request(auditor, vault, openCommitment, open))).toBe('409 approvals.not_approved');
  });

  it('is seen and agreed to by the officer, and not by an admin', async () => {
    const { approvals } = await ask(officer, vault, listApprovals);
    expect(approvals).toContainEqual(expect.objectContaining({ approval, mine: false }));
    const params = { approval };
    for (const route of [readApproval, approveApproval])
      expect(await refusalOf(request(admin, vault, route, { params }))).toBe('404 approvals.not_found');
    expect(await approve(officer, approval)).toMatchObject({ state: 'approved' });
    expect(await refusalOf(request(officer, vault, approveApproval, { params }))).toBe(
      '409 approvals.decided',
    );
  });

  it('is opened once', async () => {
    const open = { body: { subject, approval } };
    const other = { body: { subject: randomBytes(32).toString('base64url'), approval } };
    expect(await refusalOf(request(auditor, vault, openCommitment, other))).toBe(
      '409 approvals.other_parameters',
    );
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => refusalOf(request(auditor, vault, openCommitment, open))),
    );
    expect(answers.filter((answer) => answer === '200 ')).toHaveLength(1);
    expect(answers.filter((answer) => answer === '409 approvals.over')).toHaveLength(9);
  });
});

describe('a colleague', () => {
  const subject = `colleague-${randomBytes(6).toString('hex')}`;
  const passkey = new SoftwarePasskey(info.urls.web, SoftwarePasskey.make());
  let account: string;
  let colleague: Browser;
  type Role = 'support' | 'auditor';

  async function leave(...roles: Role[]): Promise<string> {
    const body = { operation: 'staff.change' as const, parameters: { account, roles }, reason };
    const { approval } = await ask(admin, vault, requestApproval, { body });
    await approve(officer, approval);
    return approval;
  }
  async function signedIn(): Promise<Browser> {
    const browser = new Browser(info);
    await browser.signIn(subject);
    return browser;
  }
  async function enrol(): Promise<void> {
    const options = await ask(colleague, vault, beginPasskey);
    await ask(colleague, vault, enrolPasskey, { body: { credential: passkey.create(options) } });
  }

  it('is appointed by an admin when the officer has agreed to just that', async () => {
    ({ account } = await ask(admin, vault, nameAccount, { body: { subject } }));
    // The officer checks for themselves whose digest it is.
    expect(await ask(officer, vault, nameAccount, { body: { subject } })).toEqual({ account });
    const approval = await leave('support');
    const more = { body: { subject, roles: ['support', 'auditor'], approval } };
    expect(await refusalOf(request(admin, vault, appointStaff, more))).toBe('409 approvals.other_parameters');
    expect(
      await ask(admin, vault, appointStaff, { body: { subject, roles: ['support'], approval } }),
    ).toMatchObject({ account, roles: ['support'], origin: 'console' });
    colleague = await signedIn();
    expect(await ask(colleague, vault, readSession)).toMatchObject({ kind: 'staff', roles: ['support'] });
    await enrol();
  });

  it('who has lost the last factor gets in again by two others, and every session of theirs ends', async () => {
    const { factors } = await ask(colleague, vault, listFactors);
    const last = { params: { factor: factors[0]?.factor ?? '' } };
    expect(await refusalOf(request(colleague, vault, removeFactor, last))).toBe('409 factors.last_factor');
    const body = { operation: 'factors.remove_last' as const, parameters: { account }, reason };
    const { approval } = await ask(admin, vault, requestApproval, { body });
    await approve(officer, approval);
    const input = { body: { account, approval } };
    expect(await refusalOf(request(colleague, vault, removeLastFactors, input))).toBe(
      '404 approvals.not_found',
    );
    await ask(admin, vault, removeLastFactors, input);
    expect(await refusalOf(request(colleague, vault, readSession))).toBe('401 auth.required');
    colleague = await signedIn();
    expect((await ask(colleague, vault, listFactors)).factors).toEqual([]);
    await enrol();
  });

  it('given another role has to sign in again, and once dismissed is staff no more', async () => {
    const changed = { roles: ['auditor' as const], approval: await leave('auditor') };
    await ask(admin, vault, changeStaffRoles, { params: { account }, body: changed });
    expect(await refusalOf(request(colleague, vault, readSession))).toBe('401 auth.required');
    colleague = await signedIn();
    expect(await ask(colleague, vault, readSession)).toMatchObject({ roles: ['auditor'] });
    await ask(admin, vault, dismissStaff, { params: { account }, body: { approval: await leave() } });
    expect(await refusalOf(request(colleague, vault, readSession))).toBe('401 auth.required');
    expect(await ask(await signedIn(), vault, readSession)).toMatchObject({ kind: 'person', roles: [] });
  });

  it('of the registry file is changed there alone, and an admin changes nobody’s roles but others’', async () => {
    const { staff } = await ask(admin, vault, listStaff);
    const me = staff.find((one) => one.me);
    const auditors = await ask(admin, vault, nameAccount, { body: { subject: info.staff.auditor } });
    account = auditors.account;
    const input = { params: { account }, body: { roles: ['support'], approval: await leave('support') } };
    expect(await refusalOf(request(admin, vault, changeStaffRoles, input))).toBe('409 staff.of_file');
    const parameters = { account: me?.account ?? '', roles: ['auditor', 'admin'] };
    const own = { body: { operation: 'staff.change', parameters, reason } };
    expect(await refusalOf(request(admin, vault, requestApproval, own))).toBe('403 approvals.not_allowed');
  });
});

describe('in an emergency', () => {
  const emergency = { code: 'break-glass', reference: `INC-${Date.now() % 1e9}` } as const;
  let broken: AnswerOf<typeof breakGlass>;

  it('the auditor opens alone, once; the log raises an alert', async () => {
    const subject = await aSubject();
    const body = { operation: 'evidence.open' as const, parameters: { subject }, reason: emergency };
    const disguised: LooseInput = { body };
    expect(await refusalOf(request(auditor, vault, requestApproval, disguised))).toBe('400 request.invalid');
    broken = await ask(auditor, vault, breakGlass, { body });
    expect((Date.parse(broken.expiresAt) - Date.parse(broken.requestedAt)) / 60_000).toBeCloseTo(15, 1);
    const open = { body: { subject, approval: broken.approval } };
    await ask(auditor, vault, openCommitment, open);
    expect(await refusalOf(request(auditor, vault, openCommitment, open))).toBe('409 approvals.over');
    await vi.waitFor(
      async () => {
        const { items } = await ask(officer, vault, listAlerts);
        const mine = items.filter(({ rule, at }) => rule === 'break-glass' && at >= began);
        expect(mine.length).toBeGreaterThan(0);
      },
      { timeout: 15_000, interval: 200 },
    );
  });

  it('somebody else says afterwards whether it was one, and the report has it all', async () => {
    const params = { approval: broken.approval };
    const review = { outcome: 'justified' as const, reference: 'REV-7' };
    expect(await refusalOf(request(auditor, vault, reviewApproval, { params, body: review }))).toBe(
      '403 auth.forbidden',
    );
    const query = { show: 'review' };
    const { approvals } = await ask(officer, vault, listApprovals, { query });
    expect(approvals).toContainEqual(expect.objectContaining(params));
    expect(await ask(officer, vault, reviewApproval, { params, body: review })).toMatchObject({
      review: { outcome: 'justified', reference: 'REV-7' },
    });
    const period = { from: began, to: new Date(Date.now() + 60_000).toISOString(), format: 'csv' };
    await vi.waitFor(
      async () => {
        const { text } = await request(auditor, vault, readAuditReport, {
          params: { report: 'break-glass' },
          query: { ...period, from: began.slice(0, 10), to: '2100-01-01' },
        });
        const own = text.split('\r\n').filter((line) => line.includes(emergency.reference));
        const actions = own.map((line) => line.split(',')[4]);
        expect(actions).toEqual(['approvals.break_glass', 'evidence.open']);
        expect(text).toMatch(/,approvals\.review,done,/);
      },
      { timeout: 15_000, interval: 200 },
    );
  });
});

describe('the API', () => {
  let process: CertificateHolder;
  let thief: CertificateHolder;
  beforeAll(async () => {
    process = CertificateHolder.asApi(info);
    thief = await CertificateHolder.ofAnotherProcess(info);
  });
  afterAll(() => {
    process.close();
    thief.close();
  });

  async function sessionOf(who: Browser): Promise<string> {
    const { code } = await ask(who, vault, issueSignInCode);
    return (await ask(who, api, openSession, { body: { code } })).session;
  }

  it('redeems an approval once, for who asked and in their session, and is told who by no answer', async () => {
    const parameters = { subject: randomBytes(32).toString('base64url') };
    const operation = 'evidence.open' as const;
    const { approval } = await ask(auditor, vault, requestApproval, {
      body: { operation, parameters, reason },
    });
    await approve(officer, approval);
    const digest = operationDigest(operation, parameters).toString('base64url');
    const other = operationDigest(operation, { subject: 'A'.repeat(43) }).toString('base64url');
    const [session, officers] = [await sessionOf(auditor), await sessionOf(officer)];
    const right = { approval, operation, digest, session };
    const redeem = (body: object, who = process) => request(who, vaultInternal, redeemApproval, { body });
    const refused = [
      await redeem({ ...right, session: officers }),
      await redeem({ ...right, digest: other }),
      await redeem({ ...right, operation: 'staff.change' }),
    ];
    for (const answer of refused) {
      expect([answer.status, answer.code]).toEqual([409, 'approvals.not_redeemable']);
      expect(answer.text.replace(answer.problem?.requestId ?? '', '')).toBe(
        refused[0]?.text.replace(refused[0].problem?.requestId ?? '', ''),
      );
    }
    expect(await refusalOf(redeem(right, thief))).toBe('401 auth.required');
    const yes = await redeem(right);
    expect([yes.status, yes.text]).toEqual([204, '']);
    expect(await refusalOf(redeem(right))).toBe('409 approvals.not_redeemable');
  });
});
