import type { AuditLog } from '@integument/audit-log';
import type { Tx } from '@integument/database';
import type { Circumstances } from '@integument/http';
import { type LiveIndex, signInDigests } from '../keys/index.js';
import type { SessionsStore } from '../sessions/index.js';
import { claimedIssuer, type LogoutToken, verifyLogoutToken } from './logout-token.js';
import type { Providers } from './providers.js';
import { backChannelLogout } from './sign-in.audit.js';
import { logoutTokenRefused } from './sign-in.errors.js';
import type { SpentMarksStore } from './spent-marks.store.js';

/** Ends sessions because the provider says that its own have ended. */
export class SignOutService {
  constructor(
    private readonly providers: Providers,
    private readonly sessions: SessionsStore,
    private readonly spent: SpentMarksStore,
    private readonly index: LiveIndex,
    private readonly audit: AuditLog,
  ) {}

  /** Before a transaction is open: the provider's keys may have to be fetched. @throws CodedError `sign_in.logout_token_refused` */
  async verify(token: string): Promise<LogoutToken> {
    const issuer = claimedIssuer(token);
    const provider = issuer === null ? null : this.providers.findByIssuer(issuer);
    if (!provider) throw logoutTokenRefused();
    return verifyLogoutToken(provider, token);
  }

  /**
   * Each token once: the mark is spent in the transaction that ends the sessions.
   * @returns whose they were
   * @throws CodedError `sign_in.logout_token_refused` for one that came before
   */
  async end(tx: Tx, circumstances: Circumstances, token: LogoutToken): Promise<Buffer[]> {
    if (!(await this.spent.spend(tx, token.mark))) throw logoutTokenRefused();
    const { issuer, subject, providerSession } = token;
    const ended = await this.sessions.lockOfProvider(
      tx,
      subject === undefined ? null : signInDigests(this.index, 'account', issuer, subject),
      providerSession === undefined
        ? null
        : signInDigests(this.index, 'provider-session', issuer, providerSession),
    );
    await this.sessions.end(
      tx,
      ended.map(({ sign_in }) => sign_in),
    );
    const actor = { kind: 'system', id: 'openid-provider' } as const;
    const { requestId, policy, from } = circumstances;
    const facts = { outcome: 'done', actor, requestId, policy, ...(from && { from }) } as const;
    await this.audit.append(tx, backChannelLogout({ ...facts, count: ended.length }));
    return ended.map(({ owner }) => owner);
  }
}
