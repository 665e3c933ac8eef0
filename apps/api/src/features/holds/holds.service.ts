import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  dayAfter,
  dayOf,
  HOLD_DAYS_MOST,
  HOLD_GROUNDS,
  type HoldId,
  type HoldView,
  type liftHold,
  type Pseudonym,
  type ReplyOf,
  type recordHold,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { type Gate, type PermitsStore, permitNotFound, subjectOf } from '../permits/index.js';
import { holdLifted, holdRecorded, holdsListed } from './holds.audit.js';
import { dayOutOfRange, holdNotFound, tooLate } from './holds.errors.js';
import type { HoldRow, HoldsStore } from './holds.store.js';
import type { SealedReference } from './sealed-reference.js';

/**
 * Keeps data from being erased when its time is up, on another recorded ground. All that a hold does is that erasure waits: it opens
 * no gate, so nothing of the purpose is processed, and the person takes back, renews and reads as without.
 */
export class HoldsService {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: HoldsStore,
    private readonly references: SealedReference,
    private readonly audit: AuditLog,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @throws CodedError `permits.not_found`, `holds.too_late`, `holds.day_out_of_range` */
  async record(
    tx: Tx,
    asker: Asker,
    { permit, ground, until, reference }: BodyOf<typeof recordHold>,
  ): Promise<HoldView> {
    this.demandDay(until);
    const gate = await this.lock(tx, permit);
    const id = randomId();
    const sealed = this.references.seal(id, reference);
    const row = { hold_id: id, gate_id: gate.gate_id, ground, reference: sealed, until_on: until };
    const recordedOn = await this.store.insert(tx, row);
    if (!recordedOn) throw tooLate();
    const details = { ground, until };
    await this.audit.append(tx, holdRecorded({ ...about(asker, nameOf(id), gate), details }));
    return this.view({ ...row, purpose: gate.purpose, recorded_on: recordedOn });
  }

  async list(tx: Tx, asker: Asker): Promise<HoldView[]> {
    const rows = await this.store.findStanding(tx);
    await this.audit.append(tx, holdsListed({ ...by(asker), count: rows.length }));
    return rows.map((row) => this.view(row));
  }

  /** @throws CodedError `holds.not_found`, also where what it kept has been erased with its person */
  async lift(tx: Tx, asker: Asker, hold: HoldId): Promise<ReplyOf<typeof liftHold>> {
    const id = decodeId('hld', hold);
    const of = await this.store.findGate(tx, id);
    // The gate before the hold, as whoever erases it does: the other way round they would wait for each other.
    const gate = of && (await this.gates.lock(tx, of));
    const liftedOn = gate && (await this.store.lift(tx, id, gate.gate_id));
    if (!liftedOn) throw holdNotFound();
    await this.audit.append(tx, holdLifted(about(asker, hold, gate)));
    return { hold, liftedOn };
  }

  private demandDay(until: string): void {
    const today = dayOf(this.now());
    if (until < today || until > dayAfter(today, HOLD_DAYS_MOST)) throw dayOutOfRange();
  }

  /** Held until the hold is there: no erasure sets out meanwhile. */
  private async lock(tx: Tx, permit: Pseudonym): Promise<Gate> {
    const found = await this.gates.findByPseudonym(tx, decodeId('psn', permit));
    const gate = found && (await this.gates.lock(tx, found.gate_id));
    if (!gate?.pseudonym) throw permitNotFound();
    return gate;
  }

  private view({ hold_id, purpose, ground, reference, until_on, recorded_on }: HoldRow): HoldView {
    return {
      hold: nameOf(hold_id),
      purpose,
      ground,
      article: HOLD_GROUNDS[ground],
      until: until_on,
      reference: this.references.open(hold_id, reference),
      recordedOn: recorded_on,
    };
  }
}

function nameOf(hold: Buffer): HoldId {
  return encodeId('hld', hold) as HoldId;
}

function about(asker: Asker, object: HoldId, gate: Gate) {
  const subject = subjectOf(gate);
  return { ...by(asker), object, purpose: gate.purpose, ...(subject && { subject }) };
}
