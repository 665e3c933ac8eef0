import type { AuditLog } from '@integument/audit-log';
import type { pendingSessionEndings, ReplyOf, SessionPseudonym } from '@integument/contracts';
import { decodeId, encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { endingsConfirmed, endingsListed } from './sessions.audit.js';
import type { SessionsStore } from './sessions.store.js';

const AT_ONCE = 1_000;

/** Sessions of the data plane that it has to end, by its own names for them and nothing else. */
export class SessionEndings {
  constructor(
    private readonly store: SessionsStore,
    private readonly audit: AuditLog,
  ) {}

  /** Asked for several times a second: an entry only where something is told. */
  async pending(tx: Tx, asker: Asker): Promise<ReplyOf<typeof pendingSessionEndings>> {
    const rows = await this.store.findEndings(tx, AT_ONCE);
    if (rows.length > 0) await this.audit.append(tx, endingsListed({ ...by(asker), count: rows.length }));
    return { sessions: rows.map((session) => encodeId('ssn', session) as SessionPseudonym) };
  }

  /** Repeatable. */
  async confirm(tx: Tx, asker: Asker, sessions: readonly SessionPseudonym[]): Promise<void> {
    const names = sessions.map((session) => decodeId('ssn', session));
    const count = await this.store.confirmEndings(tx, names);
    await this.audit.append(tx, endingsConfirmed({ ...by(asker), count }));
  }
}
