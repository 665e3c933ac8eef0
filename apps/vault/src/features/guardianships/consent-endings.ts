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

  /** Asked for each second: an entry only where something is told. */
  async pending(tx: Tx, asker: Asker): Promise<ReplyOf<typeof pendingConsentEndings>> {
    const gates = await this.store.findConsentEndings(tx, AT_ONCE);
    if (gates.length > 0)
      await this.audit.append(tx, consentEndingsListed({ ...by(asker), count: gates.length }));
    return { gates: gates.map((gate) => encodeId('gat', gate) as GateId) };
  }
}
