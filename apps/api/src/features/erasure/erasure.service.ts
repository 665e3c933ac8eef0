import type { AuditLog } from '@integument/audit-log';
import {
  type AnswerOf,
  daysUntilErasure,
  destroyPermit,
  erasureCompleted,
  erasureGatesClosed,
  type GateId,
  pendingErasures,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';
import type { ConsentStore } from '../consent/index.js';
import {
  type DueGatesStore,
  type Gate,
  gateName,
  type PermitKeys,
  type PermitsStore,
  type PurposeData,
  subjectOf,
} from '../permits/index.js';
import type { SessionsStore } from '../sessions/index.js';
import { gateClosed, permitErased } from './erasure.audit.js';

type PendingErasure = AnswerOf<typeof pendingErasures>['erasures'][number];

/** Nobody asked just now: the process carries out what was decided before. */
const WORKER = { outcome: 'done', actor: { kind: 'system', id: 'erasure' } } as const;

/**
 * The data plane's half of an erasure. The vault keeps the list of what is to be done; here each step is repeated until
 * it is confirmed, so a crash at any point is finished by the next round:
 *   gates frozen, sessions ended → models forget → vault destroys the keys → rows deleted, gates destroyed → vault told
 */
export class ErasureService {
  constructor(
    private readonly gates: PermitsStore,
    private readonly dueGates: DueGatesStore,
    private readonly keys: PermitKeys,
    private readonly sessions: SessionsStore,
    private readonly data: readonly PurposeData[],
    private readonly consents: Pick<ConsentStore, 'eraseReceipts' | 'isNo'>,
    private readonly vault: VaultClient,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Carries out every erasure the vault waits for. @returns how many were completed */
  async carryOut(): Promise<number> {
    const { erasures } = await this.vault.call(pendingErasures, {});
    await each(erasures, (erasure) => this.finish(erasure));
    return erasures.length;
  }

  /**
   * Erases what stayed frozen until its time was up and is kept on no other ground, round by round for as long as a round gets
   * somewhere: what cannot be erased yet stays due, and would keep an endless loop busy. @returns how many permits were erased
   */
  async eraseDue(): Promise<number> {
    let erased = 0;
    for (;;) {
      const found = await this.unitOfWork.single((tx) => this.dueGates.find(tx));
      const due = await this.unitOfWork.run((tx) => this.dueGates.setOut(tx, found));
      if (due.length === 0) return erased;
      // Once for all of them: forgetting may mean to train a whole model.
      await this.forget(due);
      const before = erased;
      await each(due, async (gate) => {
        if (await this.eraseOverdue(gate)) erased++;
      });
      if (erased === before) return erased;
    }
  }

  /**
   * The gate's last word decides what stays: of an objection the no, or the person would be asked, and told, as if there had been none.
   * @returns false where the vault knows of something later
   */
  private async eraseOverdue(gate: Gate): Promise<boolean> {
    const isNo = await this.unitOfWork.single((tx) => this.consents.isNo(tx, gate.gate_id));
    const body = { gate: gateName(gate), epoch: gate.epoch, ...(isNo && { keepNo: true as const }) };
    const done = await this.vault.call(destroyPermit, { body }).catch((error: unknown) => {
      // Renewed or objected to since we looked, or the vault has still to hear of the withdrawal.
      if (error instanceof VaultRefused && error.code === 'permits.stale_epoch') return null;
      throw error;
    });
    if (!done) return false;
    return this.unitOfWork.run((tx) =>
      done.state === 'declined' ? this.eraseAllButNo(tx, gate) : this.erase(tx, gate.gate_id),
    );
  }

  /** @returns false where another worker was here first: they may have agreed anew since, behind the same gate */
  private async eraseAllButNo(tx: Tx, seen: Gate): Promise<boolean> {
    const gate = await this.gates.lock(tx, seen.gate_id);
    if (gate?.state !== 'frozen' || gate.epoch !== seen.epoch) return false;
    await this.eraseData(tx, gate);
    await this.gates.decline(tx, gate.gate_id, gate.epoch);
    return true;
  }

  private async finish({ erasure, state, gates, sessions }: PendingErasure): Promise<void> {
    // In the order in which everybody locks several.
    const ids = gates.map((gate: GateId) => decodeId('gat', gate)).sort((one, other) => one.compare(other));
    if (state === 'requested') {
      await this.endSessions(sessions);
      const closed = await this.unitOfWork.run((tx) => this.closeAll(tx, ids));
      await this.forget(closed);
      await this.vault.call(erasureGatesClosed, { params: { erasure } });
    }
    for (const id of ids) await this.unitOfWork.run((tx) => this.erase(tx, id));
    await this.vault.call(erasureCompleted, { params: { erasure } });
  }

  private async endSessions(sessions: PendingErasure['sessions']): Promise<void> {
    const names = sessions.map((session) => decodeId('ssn', session));
    await this.unitOfWork.single((tx) => this.sessions.end(tx, names));
  }

  private async closeAll(tx: Tx, ids: readonly Buffer[]): Promise<Gate[]> {
    const closed: Gate[] = [];
    for (const id of ids) {
      const gate = await this.gates.lock(tx, id);
      if (!gate || gate.state === 'destroyed') continue;
      if (gate.state !== 'frozen') {
        await this.gates.freeze(tx, id, gate.epoch + 1, daysUntilErasure(gate.purpose));
        await this.audit.append(
          tx,
          gateClosed({ ...WORKER, subject: subjectOf(gate), purpose: gate.purpose }),
        );
      }
      closed.push(gate);
    }
    return closed;
  }

  private async forget(gates: readonly Gate[]): Promise<void> {
    for (const gate of gates) this.keys.forget(gate);
    for (const data of this.data) {
      const own = gates.filter(({ purpose }) => purpose === data.purpose);
      if (own.length > 0) await data.forget?.(own);
    }
  }

  private async erase(tx: Tx, gateId: Buffer): Promise<boolean> {
    const gate = await this.gates.lock(tx, gateId);
    if (!gate || gate.state === 'destroyed') return false;
    await this.eraseData(tx, gate);
    await this.gates.destroy(tx, gateId);
    return true;
  }

  private async eraseData(tx: Tx, gate: Gate): Promise<void> {
    if (gate.pseudonym) await this.dataOf(gate)?.erase(tx, gate.pseudonym);
    await this.consents.eraseReceipts(tx, gate.gate_id);
    const details = { held: await this.dueGates.isHeld(tx, gate.gate_id) };
    await this.audit.append(
      tx,
      permitErased({ ...WORKER, subject: subjectOf(gate), purpose: gate.purpose, details }),
    );
  }

  private dataOf(gate: Gate): PurposeData | undefined {
    return this.data.find(({ purpose }) => purpose === gate.purpose);
  }
}

/** One that fails does not keep the others waiting: it is told at the end, and comes again the next time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await work(item).catch((error: unknown) => failures.push(error));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, 'several of them failed');
}
