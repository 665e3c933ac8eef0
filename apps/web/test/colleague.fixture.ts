import { randomBytes } from 'node:crypto';
import {
  appointStaff,
  approveApproval,
  nameAccount,
  requestApproval,
  type StaffRole,
} from '@integument/contracts';
import { sessionLeasesOver } from '@integument/http';
import type { PlatformInfo } from '@integument/testing';
import { generateSync } from 'otplib';
import pg from 'pg';
import { ask } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';

const STEP_SECONDS = 30;

/** A member of staff of a story's own, who has never signed in. */
export interface Colleague {
  /** at the provider */
  readonly name: string;
  /** as the vault calls them */
  readonly account: string;
}

/** Appoints somebody in the way that takes two. */
export async function appoint(info: PlatformInfo, ...roles: StaffRole[]): Promise<Colleague> {
  const { vault } = info.urls;
  const name = `page-${roles.join('-')}-${randomBytes(4).toString('hex')}`;
  const [admin, officer] = [
    await signIn(info, info.staff.admin),
    await signIn(info, info.staff.privacyOfficer),
  ];
  const { account } = await ask(admin, vault, nameAccount, { body: { subject: name } });
  const reason = { code: 'legal', reference: 'HR-1' } as const;
  const { approval } = await ask(admin, vault, requestApproval, {
    body: { operation: 'staff.change', parameters: { account, roles }, reason },
  });
  await ask(officer, vault, approveApproval, { params: { approval } });
  await ask(admin, vault, appointStaff, { body: { subject: name, roles, approval } });
  return { name, account };
}

/** As if so much time had passed since somebody signed in and used a factor. */
export async function age(info: PlatformInfo, { account }: Colleague, what: Aged): Promise<void> {
  const database = new pg.Client(info.databases.vault.superuserUrl ?? '');
  await database.connect();
  const column = what === 'factor' ? 'factor_at' : 'authenticated_at';
  const query = `UPDATE vault_session SET ${column} = ${column} - interval '301 seconds' WHERE staff = $1`;
  await database.query(query, [Buffer.from(account, 'hex')]).finally(() => database.end());
  await sessionLeasesOver();
}
export type Aged = 'factor' | 'sign-in';

/** An authenticator app, ahead of the clock where need be: each code is good once, and a step of the clock early or late. */
export class AuthenticatorApp {
  #step = 0;

  constructor(private readonly secret: string) {}

  next(): string {
    const now = Math.floor(Date.now() / 1_000 / STEP_SECONDS);
    this.#step = Math.max(this.#step + 1, now - 1);
    return generateSync({ secret: this.secret, epoch: this.#step * STEP_SECONDS });
  }
}
