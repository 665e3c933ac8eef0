import {
  CodedError,
  finishSignIn,
  finishSignInAt,
  issueSignInCode,
  listProviders,
  type ReplyOf,
  readSession,
  startSignIn,
} from '@integument/contracts';
import { UnitOfWork, violates } from '@integument/database';
import {
  Answer,
  AskedBy,
  AskedIn,
  type Asker,
  askerIn,
  type Circumstances,
  type HttpRequest,
  Implements,
  Input,
  type InputOf,
  SessionCookieFormat,
  sessionLeasesOver,
} from '@integument/http';
import { Controller, Inject, Req } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { accountOf, type VaultPerson, type VaultStaff } from '../../platform/callers.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { deviceOf, SESSION_SECONDS, SessionsService } from '../sessions/index.js';
import { ATTEMPT_SECONDS, RelyingParty } from './relying-party.js';
import { signInRefused } from './sign-in.errors.js';
import { SignInService } from './sign-in.service.js';

/** Enrolled by another sign-in or a client; erased; dismissed. */
const WHOSE_IT_IS = ['account_pk', 'sign_in_person', 'sign_in_staff'];

@Controller()
export class SignInController {
  readonly #attempts: SessionCookieFormat;

  constructor(
    private readonly signIn: SignInService,
    private readonly relyingParty: RelyingParty,
    private readonly sessions: SessionCookieFormat,
    private readonly vaultSessions: SessionsService,
    private readonly unitOfWork: UnitOfWork,
    @Inject(VAULT_CONFIG) private readonly config: VaultConfig,
  ) {
    this.#attempts = new SessionCookieFormat('integument-sign-in', config.VAULT_PUBLIC_URL);
  }

  @Implements(listProviders)
  providers(): ReplyOf<typeof listProviders> {
    return { providers: this.relyingParty.providers.list() };
  }

  @Implements(startSignIn)
  async start(@Req() request: HttpRequest, @Input() { query }: InputOf<typeof startSignIn>) {
    refuseForeignPage(request);
    // As it was read here, and not as it was sent: line ends and letters that no header may hold are gone from it.
    const returnTo = new URL(query.return_to ?? this.config.WEB_ORIGIN);
    // An open redirect would lend our name to anybody's page.
    if (returnTo.origin !== this.config.WEB_ORIGIN) {
      throw new CodedError('sign_in.return_to_not_allowed', 400, 'You can only return to the web app.');
    }
    const { url, attempt } = await this.relyingParty.begin(
      query.provider,
      returnTo.href,
      query.fresh === 'true',
    );
    return Answer.redirect(url, {
      headers: { 'set-cookie': this.#attempts.write(attempt, ATTEMPT_SECONDS) },
    });
  }

  @Implements(finishSignIn)
  finish(@Req() request: HttpRequest, @AskedIn() circumstances: Circumstances) {
    return this.finishAttempt(request, circumstances);
  }

  /** That the attempt was begun at this provider is seen by the address itself. */
  @Implements(finishSignInAt)
  finishAt(@Req() request: HttpRequest, @AskedIn() circumstances: Circumstances) {
    return this.finishAttempt(request, circumstances);
  }

  @Implements(issueSignInCode)
  issueCode(@AskedBy() asker: Asker<VaultPerson | VaultStaff>) {
    return this.unitOfWork.run((tx) => this.signIn.issueCode(tx, asker));
  }

  @Implements(readSession)
  session(@AskedBy() { caller }: Asker<VaultPerson | VaultStaff>): ReplyOf<typeof readSession> {
    return {
      kind: caller.kind,
      roles: caller.kind === 'staff' ? [...caller.roles] : [],
      account: caller.kind === 'staff' ? accountOf(caller).toString('hex') : null,
      authenticatedAt: caller.authenticatedAt.toISOString(),
      factorAt: caller.secondFactorAt?.toISOString() ?? null,
      expiresAt: caller.expiresAt.toISOString(),
    };
  }

  private async finishAttempt(request: HttpRequest, circumstances: Circumstances) {
    const attempt = this.#attempts.read(request);
    if (!attempt) throw signInRefused();
    const callback = new URL(request.url, this.config.VAULT_PUBLIC_URL);
    const { authentication, returnTo } = await this.relyingParty.finish(callback, attempt);
    const device = deviceOf(request.headers['user-agent']);
    const before = await this.callerBefore(request);
    const secret = await onceMore(() =>
      this.unitOfWork.run(async (tx) => {
        const begun = await this.signIn.begin(tx, circumstances, authentication, device);
        if (before) await this.vaultSessions.signOut(tx, askerIn(circumstances, before));
        return begun;
      }),
    );
    if (before) await sessionLeasesOver();
    return Answer.redirect(returnTo ?? this.config.WEB_ORIGIN, {
      headers: { 'set-cookie': [this.sessions.write(secret, SESSION_SECONDS), this.#attempts.clear()] },
    });
  }

  /** Whose session this browser had. It ends with the new one: who copied its cookie, or planted it, must not keep it. */
  private async callerBefore(request: HttpRequest): Promise<VaultPerson | VaultStaff | null> {
    const secret = this.sessions.read(request);
    if (secret === undefined) return null;
    // In a transaction of its own: looking locks the session, which whoever ends a sign-in locks last.
    return this.unitOfWork.single((tx) => this.vaultSessions.find(tx, secret));
  }
}

/**
 * A page elsewhere could have a browser signed in, by a provider that asks nothing, and so end the session that it had: browsers say where
 * a navigation comes from (Fetch Metadata), and one that says nothing, or was typed or bookmarked, goes on.
 */
function refuseForeignPage({ headers }: HttpRequest): void {
  if (headers['sec-fetch-site'] === 'cross-site')
    throw new CodedError('auth.origin', 403, 'Begin to sign in on the page of ours.');
}

/** Again where another request has just changed whose account this is: it then finds what that one left. */
async function onceMore<T>(begin: () => Promise<T>): Promise<T> {
  try {
    return await begin();
  } catch (error) {
    if (WHOSE_IT_IS.some((constraint) => violates(error, constraint))) return begin();
    throw error;
  }
}
