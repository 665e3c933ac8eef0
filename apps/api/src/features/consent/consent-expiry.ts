import type { AuditLog } from '@integument/audit-log';
import type { Outbox, UnitOfWork } from '@integument/database';
import type { OutboxTopic } from '../../platform/outbox-topics.js';
import { type Gate, type PermitKeys, type PermitsStore, subjectOf } from '../permits/index.js';
import { consentExpired } from './consent.audit.js';
import type { ConsentEnding, Ended } from './consent-ending.js';
import { endedLetter, LETTER_TOPIC } from './consent-letters.js';
import type { ConsentReceipts } from './consent-receipts.js';

/** Ends consents whose time is up, without anybody asking: from then on as if they had been taken back. */
export class ConsentExpiry {
  constructor(
    private readonly gates: PermitsStore,
    private readonly ending: ConsentEnding,
    private readonly receipts: ConsentReceipts,
    private readonly keys: PermitKeys,
    private readonly outbox: Outbox<OutboxTopic>,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Round by round, as long as a round gets somewhere. @returns how many ended */
  async run(): Promise<number> {
    let ended = 0;
    for (;;) {
      const due = await this.unitOfWork.single((tx) => this.gates.findEnded(tx));
      const before = ended;
      // Renewed, or taken back, since we looked: then its end is another one.
      for (const { gate_id, ends_on } of due)
        if (await this.expire(gate_id, 'consent-expiry', (gate) => gate.ends_on === ends_on)) ended++;
      if (ended === before) return ended;
    }
  }

  /**
   * @param worker in the audit log
   * @param isOver asked of the gate once it is held, and open
   * @returns the gate as it is now; null where nothing was ended
   */
  async expire(gateId: Buffer, worker: string, isOver: (gate: Gate) => boolean): Promise<Gate | null> {
    const expired = await this.unitOfWork.run(async (tx): Promise<Ended | null> => {
      const gate = await this.gates.lock(tx, gateId);
      if (gate?.state !== 'open' || !isOver(gate)) return null;
      const subject = subjectOf(gate);
      const about = {
        actor: { kind: 'system', id: worker },
        purpose: gate.purpose,
        ...(subject && { subject }),
      } as const;
      await this.audit.append(tx, consentExpired({ outcome: 'done', ...about }));
      const ended = await this.ending.end(tx, gate, 'expired', 'none');
      await this.outbox.add(tx, LETTER_TOPIC, endedLetter(gate, ended.gate.epoch));
      return ended;
    });
    if (!expired) return null;
    this.keys.forget(expired.gate);
    await this.receipts.issue(expired.gate, expired.changed);
    return expired.gate;
  }
}
