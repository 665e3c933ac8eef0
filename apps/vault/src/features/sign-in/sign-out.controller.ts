import { backChannelLogout, signOut } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import {
  Answer,
  AskedBy,
  AskedIn,
  type Asker,
  type Circumstances,
  Implements,
  Input,
  type InputOf,
  SessionCookieFormat,
} from '@integument/http';
import { Controller, Inject } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import type { VaultPerson, VaultStaff } from '../../platform/callers.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { DataPlaneSessions, SessionsService } from '../sessions/index.js';
import { endSessionUrl } from './end-session-url.js';
import { Providers } from './providers.js';
import { SignOutService } from './sign-out.service.js';

@Controller()
export class SignOutController {
  constructor(
    private readonly signOuts: SignOutService,
    private readonly sessions: SessionsService,
    private readonly dataPlane: DataPlaneSessions,
    private readonly providers: Providers,
    private readonly cookies: SessionCookieFormat,
    private readonly unitOfWork: UnitOfWork,
    @Inject(VAULT_CONFIG) private readonly config: VaultConfig,
  ) {}

  @Implements(signOut)
  async signOut(@AskedBy() asker: Asker<VaultPerson | VaultStaff>) {
    const { owner, provider } = await this.unitOfWork.run((tx) => this.sessions.signOut(tx, asker));
    const [answer, providerSignOut] = await Promise.all([
      this.dataPlane.answer(owner),
      this.signOutAt(provider),
    ]);
    return Answer.of(
      { ...answer.body, providerSignOut },
      { status: answer.status === 202 ? 202 : 200, headers: { 'set-cookie': this.cookies.clear() } },
    );
  }

  @Implements(backChannelLogout)
  async endByProvider(
    @AskedIn() circumstances: Circumstances,
    @Input() { body }: InputOf<typeof backChannelLogout>,
  ) {
    const token = await this.signOuts.verify(body.logout_token);
    const owners = await this.unitOfWork.run((tx) => this.signOuts.end(tx, circumstances, token));
    // Section 2.8 knows 200 for what was understood: a provider would send the same token again, which is spent.
    return { ended: await this.dataPlane.ended(...owners) };
  }

  /** The sign-out here is done, whatever the provider offers, and also where it is away or is one no more. */
  private async signOutAt(provider: string | null): Promise<string | null> {
    try {
      const connection = provider === null ? null : this.providers.get(provider);
      return connection && (await endSessionUrl(connection, `${this.config.WEB_ORIGIN}/`));
    } catch {
      return null;
    }
  }
}
