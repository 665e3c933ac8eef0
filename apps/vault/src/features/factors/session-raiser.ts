import type { AuditLog } from '@integument/audit-log';
import { encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { VaultStaff } from '../../platform/callers.js';
import type { SessionsService } from '../sessions/index.js';
import type { RaisingAction } from './factors.audit.js';

/** A session after a second factor was used: by its new secret alone. */
export interface Raised {
  readonly secret: string;
  readonly factorAt: Date;
  readonly expiresAt: Date;
}

/** Ends the session that asked, begins the one that has used a factor in its place, and writes down which, under the new one's name. */
export class SessionRaiser {
  constructor(
    private readonly sessions: SessionsService,
    private readonly audit: AuditLog,
  ) {}

  /** @param factorId absent for a recovery code, which is none */
  async raise(
    tx: Tx,
    asker: Asker<VaultStaff>,
    action: RaisingAction,
    factorAt: Date,
    factorId?: Buffer,
  ): Promise<Raised> {
    const { secret, caller } = await this.sessions.raise(tx, asker.caller, factorAt);
    await this.audit.append(
      tx,
      action({
        ...by({ ...asker, caller }),
        ...(factorId && { object: encodeId('fct', factorId) }),
        details: { sessionBefore: asker.caller.session },
      }),
    );
    return { secret, factorAt, expiresAt: caller.expiresAt };
  }
}
