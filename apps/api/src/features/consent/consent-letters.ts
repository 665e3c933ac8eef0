import { createHash } from 'node:crypto';
import type { AuditLog } from '@integument/audit-log';
import { type LetterKey, type LetterRequest, requestLetters } from '@integument/contracts';
import { context, encodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { VaultClient } from '../../platform/vault-client.js';
import { type Foretold, gateName, type PermitsStore } from '../permits/index.js';
import { consentForetold } from './consent.audit.js';

/** Asks the vault for letters that were decided on here; see consent-messages.ts. */
export const LETTER_TOPIC = 'letters.request';

/** What people are told beforehand, and how many days: the earlier first. */
const FORETOLD = [
  { what: 'ends_on', template: 'consent-ends', days: 30 },
  { what: 'ends_on', template: 'consent-ends', days: 7 },
  { what: 'due_on', template: 'erasure-planned', days: 7 },
] as const;

/** Nobody asked just now: a day comes near. */
const WORKER = { outcome: 'done', actor: { kind: 'system', id: 'consent-letters' } } as const;
const BATCH = 1_000;

/** Has people written to before a consent of theirs ends, and before what was collected under it is erased. */
export class ConsentLetters {
  constructor(
    private readonly gates: PermitsStore,
    private readonly vault: VaultClient,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @returns how many letters were asked for */
  async foretell(): Promise<number> {
    let asked = 0;
    for (const kind of FORETOLD) {
      for (let some = BATCH; some === BATCH; asked += some) some = await this.askFor(kind);
    }
    return asked;
  }

  /** A crash after the call asks again, by the same keys, and that is one letter each. */
  private async askFor({ what, template, days }: (typeof FORETOLD)[number]): Promise<number> {
    const gates = await this.unitOfWork.single((tx) => this.gates.findToForetell(tx, what, days, BATCH));
    if (gates.length === 0) return 0;
    const letters = gates.map((gate) => ({
      gate: gateName(gate),
      template,
      on: gate.on_day,
      key: letterKey(gate.gate_id, template, gate.on_day, days),
    }));
    await this.vault.call(requestLetters, { body: { letters } });
    await this.unitOfWork.run(async (tx) => {
      await this.gates.markForetold(tx, what, days, gates);
      await this.audit.append(tx, consentForetold({ ...WORKER, count: gates.length, details: { template } }));
    });
    return gates.length;
  }
}

/** To somebody whose consent has ended while they weren't there. @returns what goes into the outbox */
export function endedLetter(gate: Pick<Foretold, 'gate_id'>, epoch: number): LetterRequest {
  const key = letterKey(gate.gate_id, 'consent-ended', String(epoch), 0);
  return { gate: gateName(gate), template: 'consent-ended', key };
}

/** The same for the same occasion, so that whoever asks twice gets one letter. */
function letterKey(gate: Buffer, template: string, occasion: string, days: number): LetterKey {
  const name = context('integument/letter/v1', gate, template, occasion, days);
  return encodeId('ltk', createHash('sha256').update(name).digest().subarray(0, 16)) as LetterKey;
}
