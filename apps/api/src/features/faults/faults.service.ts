import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  type listFaults,
  purposeNamed,
  type ReplyOf,
  type reportFault,
} from '@integument/contracts';
import { context, open, seal } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { byWithin } from '../../platform/callers.js';
import { keyedDigest, type Leave, type PurposeData, subjectOf } from '../permits/index.js';
import { faultReported, faultsCounted, faultsRead } from './faults.audit.js';
import type { Fault, FaultsStore } from './faults.store.js';

const PURPOSE = 'fault-finding';

/** Fault reports, on a legitimate interest: kept for a while by permit, so that they go with an objection, and people counted without. */
export class FaultsService implements PurposeData {
  readonly purpose = PURPOSE;

  constructor(
    private readonly store: FaultsStore,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async report(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<typeof PURPOSE>,
    { report, part, code, version }: BodyOf<typeof reportFault>,
  ): Promise<ReplyOf<typeof reportFault>> {
    const fault: Fault = { part, code, version };
    const id = keyedDigest(key, 'fault', report);
    const sealed = seal(key, Buffer.from(JSON.stringify(fault)), placeOf(gate.pseudonym, id));
    const isNew = await this.store.insert(tx, gate.pseudonym, id, sealed);
    if (isNew)
      await this.countOnce(tx, gate.pseudonym, keyedDigest(key, 'fault-kind', JSON.stringify(fault)), fault);
    const about = { ...byWithin(asker, PURPOSE), purpose: PURPOSE, subject: subjectOf(gate) };
    await this.audit.append(tx, faultReported(about));
    return { duplicate: !isNew };
  }

  async list(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<typeof PURPOSE>,
  ): Promise<ReplyOf<typeof listFaults>> {
    const rows = await this.store.findAll(tx, gate.pseudonym);
    const about = { ...byWithin(asker, PURPOSE), purpose: PURPOSE, subject: subjectOf(gate) };
    await this.audit.append(tx, faultsRead({ ...about, count: rows.length }));
    const faults = rows.map(({ report_id, on_day, sealed }) => {
      const text = open(key, sealed, placeOf(gate.pseudonym, report_id)).toString('utf8');
      return { onDay: on_day, ...(JSON.parse(text) as Fault) };
    });
    return { faults };
  }

  counts(asker: Asker) {
    return this.unitOfWork.run(async (tx) => {
      const counts = await this.store.findCounts(tx);
      await this.audit.append(tx, faultsCounted({ ...by(asker), count: counts.length }));
      return { counts };
    });
  }

  /** What is older than the purpose says, and what is shown to nobody any more. */
  forgetOld(): Promise<void> {
    return this.unitOfWork.run((tx) => this.store.deleteOld(tx, purposeNamed(PURPOSE).retentionDays));
  }

  erase(tx: Tx, pseudonym: Buffer): Promise<void> {
    return this.store.erase(tx, pseudonym);
  }

  private async countOnce(tx: Tx, pseudonym: Buffer, kind: Buffer, fault: Fault): Promise<void> {
    if (await this.store.mark(tx, pseudonym, kind)) await this.store.count(tx, fault);
  }
}

function placeOf(pseudonym: Buffer, report: Buffer): Buffer {
  return context('fault_report', pseudonym, PURPOSE, report);
}
