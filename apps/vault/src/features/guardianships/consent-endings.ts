import type { AuditLog } from '@integument/audit-log';
import type { GateId, pendingConsentEndings, ReplyOf } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { consentEndingsListed } from './guardianships.audit.js';
import type { GuardianshipsStore } from './guardianships.store.js';

const AT_ONCE = 1_000;

/** Consents that the data plane has to end, by the gates of their permits. Each is on the list until it is frozen here. */
export class ConsentEndings {
  constructor(
    private readonly store: GuardianshipsStore,
    private readonly audit: AuditLog,
  ) {}

  /** Asked for each second: an entry only where something is told that was not told before. */
  async pending(tx: Tx, asker: Asker): Promise<ReplyOf<typeof pendingConsentEndings>> {
    const endings = await this.store.findConsentEndings(tx, AT_ONCE);
    const gates = endings.map(({ gate_id }) => gate_id);
    const count = gates.length > 0 ? await this.store.markListed(tx, gates) : 0;
    if (count > 0) await this.audit.append(tx, consentEndingsListed({ ...by(asker), count }));
    return {
      endings: endings.map(({ gate_id, epoch }) => ({ gate: encodeId('gat', gate_id) as GateId, epoch })),
    };
  }
}
