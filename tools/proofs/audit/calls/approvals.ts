import { randomBytes } from 'node:crypto';
import {
  type AnswerOf,
  appointStaff,
  approveApproval,
  breakGlass,
  changeStaffRoles,
  dismissStaff,
  issueSignInCode,
  listApprovals,
  listStaff,
  nameAccount,
  openSession,
  readApproval,
  redeemApproval,
  refuseApproval,
  removeLastFactors,
  requestApproval,
  reviewApproval,
  takeBackApproval,
} from '@integument/contracts';
import { operationDigest } from '@integument/crypto';
import type { z } from 'zod';
import { ask } from '../../../outside/ask.js';
import { type Browser, signIn } from '../../../outside/browser.js';
import { type Calls, type Cast, call } from './call.js';

const reason = { code: 'legal', reference: 'CASE-2' } as const;
const emergency = { code: 'break-glass', reference: 'INC-2' } as const;

/** Routes by which one asks and another agrees, and what takes such an approval. */
export const APPROVAL_CALLS: Calls = {
  'approvals.request': ({ info, auditor }) => {
    const body = { operation: 'evidence.open', parameters: aSubject(), reason };
    return Promise.resolve(call(auditor, info.urls.vault, requestApproval, { body }));
  },
  'approvals.break_glass': ({ info, auditor }) => {
    const body = { operation: 'evidence.open', parameters: aSubject(), reason: emergency };
    return Promise.resolve(call(auditor, info.urls.vault, breakGlass, { body }));
  },
  'approvals.list': ({ info, officer }) => Promise.resolve(call(officer, info.urls.vault, listApprovals)),
  'approvals.read': async (cast) =>
    call(cast.officer, cast.info.urls.vault, readApproval, { params: await requestedOpening(cast) }),
  'approvals.approve': async (cast) =>
    call(cast.officer, cast.info.urls.vault, approveApproval, { params: await requestedOpening(cast) }),
  'approvals.refuse': async (cast) =>
    call(cast.officer, cast.info.urls.vault, refuseApproval, {
      params: await requestedOpening(cast),
      body: { refusal: 'not_now' },
    }),
  'approvals.take_back': async (cast) =>
    call(cast.auditor, cast.info.urls.vault, takeBackApproval, { params: await requestedOpening(cast) }),
  'approvals.review': async (cast) => {
    const body = { operation: 'evidence.open' as const, parameters: aSubject(), reason: emergency };
    const params = idIn(await ask(cast.auditor, cast.info.urls.vault, breakGlass, { body }));
    const review = { outcome: 'justified', reference: 'REV-2' };
    return call(cast.officer, cast.info.urls.vault, reviewApproval, { params, body: review });
  },
  'factors.remove_last': async ({ info, officer }) => {
    const support = await signIn(info, info.staff.support);
    const { account } = await ask(officer, info.urls.vault, nameAccount, {
      body: { subject: info.staff.support },
    });
    const asked = { operation: 'factors.remove_last', parameters: { account }, reason } as const;
    const body = { account, ...(await agreed(info, [support, officer], asked)) };
    return call(support, info.urls.vault, removeLastFactors, { body });
  },
  'staff.list': ({ info, admin }) => Promise.resolve(call(admin, info.urls.vault, listStaff)),
  'staff.name_account': ({ info, admin }) =>
    Promise.resolve(call(admin, info.urls.vault, nameAccount, { body: { subject: aName() } })),
  'staff.appoint': async (cast) => {
    const subject = aName();
    const body = { subject, roles: ['support'], ...(await leaveTo(cast, subject, ['support'])) };
    return call(cast.admin, cast.info.urls.vault, appointStaff, { body });
  },
  'staff.change_roles': async (cast) => {
    const { subject, account } = await appointed(cast);
    const body = { roles: ['auditor'], ...(await leaveTo(cast, subject, ['auditor'])) };
    return call(cast.admin, cast.info.urls.vault, changeStaffRoles, { params: { account }, body });
  },
  'staff.dismiss': async (cast) => {
    const { subject, account } = await appointed(cast);
    const body = await leaveTo(cast, subject, []);
    return call(cast.admin, cast.info.urls.vault, dismissStaff, { params: { account }, body });
  },
};

/** On the internal listener. */
export const REDEEMING_CALLS: Calls = {
  'approvals.redeem': async ({ info, api, auditor, officer }) => {
    const { code } = await ask(auditor, info.urls.vault, issueSignInCode);
    const { session } = await ask(auditor, info.urls.api, openSession, { body: { code } });
    const parameters = aSubject();
    const asked = { operation: 'evidence.open', parameters, reason } as const;
    const digest = operationDigest(asked.operation, parameters).toString('base64url');
    const approval = await agreed(info, [auditor, officer], asked);
    const body = { ...approval, operation: asked.operation, digest, session };
    return call(api, info.urls.vaultInternal, redeemApproval, { body });
  },
};

type Asked = z.input<NonNullable<(typeof requestApproval)['body']>>;

/** Somebody asks, somebody else agrees. */
export async function agreed(
  { urls }: Pick<Cast['info'], 'urls'>,
  [requester, approver]: readonly [Browser, Browser],
  body: Asked,
) {
  const params = idIn(await ask(requester, urls.vault, requestApproval, { body }));
  await ask(approver, urls.vault, approveApproval, { params });
  return params;
}

async function requestedOpening({ info, auditor }: Cast) {
  const body = { operation: 'evidence.open' as const, parameters: aSubject(), reason };
  return idIn(await ask(auditor, info.urls.vault, requestApproval, { body }));
}

/** The leave to give an account these roles. */
async function leaveTo({ info, admin, officer }: Cast, subject: string, roles: ('support' | 'auditor')[]) {
  const { account } = await ask(admin, info.urls.vault, nameAccount, { body: { subject } });
  const parameters = { account, roles };
  return agreed(info, [admin, officer], { operation: 'staff.change', parameters, reason });
}

async function appointed(cast: Cast) {
  const subject = aName();
  const body = { subject, roles: ['support' as const], ...(await leaveTo(cast, subject, ['support'])) };
  const { account } = await ask(cast.admin, cast.info.urls.vault, appointStaff, { body });
  return { subject, account };
}

function idIn({ approval }: AnswerOf<typeof requestApproval>) {
  return { approval };
}

function aSubject(): { subject: string } {
  return { subject: randomBytes(32).toString('base64url') };
}

function aName(): string {
  return `colleague-${randomBytes(8).toString('hex')}`;
}
