import type { AuditLog } from '@integument/audit-log';
import { confirmSessionEndings, pendingSessionEndings } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import { sessionLeasesOver } from '@integument/http';
import type { VaultClient } from '../../platform/vault-client.js';
import { sessionsEnded } from './sessions.audit.js';
import type { SessionsStore } from './sessions.store.js';

/**
 * Ends the sessions that the vault wants ended: their owner signed out there, was dismissed, or the provider says so. The vault keeps
 * the list; what a crash leaves undone comes again.
 */
export class SessionEndings {
  constructor(
    private readonly store: SessionsStore,
    private readonly vault: VaultClient,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @returns how many there were; each is confirmed only once no replica lets it in any more */
  async carryOut(): Promise<number> {
    const { sessions } = await this.vault.call(pendingSessionEndings, {});
    if (sessions.length === 0) return 0;
    await this.unitOfWork.run(async (tx) => {
      await this.store.end(
        tx,
        sessions.map((session) => decodeId('ssn', session)),
      );
      const actor = { kind: 'system', id: 'sessions' } as const;
      await this.audit.append(tx, sessionsEnded({ outcome: 'done', actor, count: sessions.length }));
    });
    await sessionLeasesOver();
    await this.vault.call(confirmSessionEndings, { body: { sessions } });
    return sessions.length;
  }
}
