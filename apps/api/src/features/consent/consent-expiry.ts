import type { AuditLog } from '@integument/audit-log';
import type { Outbox, UnitOfWork } from '@integument/database';
import { type Gate, type PermitKeys, type PermitsStore, subjectOf } from '../permits/index.js';
import { consentExpired } from './consent.audit.js';
import type { ConsentEnding, Ended } from './consent-ending.js';
import { endedLetter, LETTER_TOPIC } from './consent-letters.js';
import type { ConsentReceipts } from './consent-receipts.js';

/** Nobody asked just now: the time that was agreed to is up. */
const WORKER = { outcome: 'done', actor: { kind: 'system', id: 'consent-expiry' } } as const;

/** Ends consents that were not renewed: from then on as if they had been taken back. */
export class ConsentExpiry {
  constructor(
    private readonly gates: PermitsStore,
    private readonly ending: ConsentEnding,
    private readonly receipts: ConsentReceipts,
    private readonly keys: PermitKeys,
    private readonly outbox: Outbox,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Round by round, as long as a round gets somewhere. @returns how many ended */
  async run(): Promise<number> {
    let ended = 0;
    for (;;) {
      const due = await this.unitOfWork.single((tx) => this.gates.findEnded(tx));
      const before = ended;
      for (const gate of due) if (await this.expire(gate)) ended++;
      if (ended === before) return ended;
    }
  }

  private async expire(found: Gate): Promise<boolean> {
    const expired = await this.unitOfWork.run(async (tx): Promise<Ended | null> => {
      const gate = await this.gates.lock(tx, found.gate_id);
      // Renewed, or taken back, since we looked.
      if (gate?.state !== 'open' || gate.ends_on !== found.ends_on) return null;
      const subject = subjectOf(gate);
      const about = { ...WORKER, purpose: gate.purpose, ...(subject && { subject }) };
      await this.audit.append(tx, consentExpired(about));
      const ended = await this.ending.end(tx, gate, 'expired', 'none');
      await this.outbox.add(tx, LETTER_TOPIC, endedLetter(gate, ended.gate.epoch));
      return ended;
    });
    if (!expired) return false;
    this.keys.forget(expired.gate);
    await this.receipts.issue(expired.gate, expired.changed);
    return true;
  }
}
