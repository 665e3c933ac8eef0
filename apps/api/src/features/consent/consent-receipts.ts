import type { ConsentEventKind, EventChannel, NoticeHash } from '@integument/contracts';
import { context, encodeId, open, seal } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { Gate, PermitKeys } from '../permits/index.js';
import type { Register } from '../register/index.js';
import type { ConsentEventRow, ConsentStore } from './consent.store.js';
import { consentReceipt } from './receipt.js';
import type { ReceiptSigner } from './receipt-keys.js';

/** A change of mind that is committed. */
export interface Changed {
  readonly number: number;
  readonly kind: ConsentEventKind;
  /** what was agreed to, now or last, or refused; null where nothing was shown */
  readonly notice: Buffer | null;
  readonly channel: EventChannel;
}

/** Gives each change of mind its signed receipt, and keeps a copy that goes with the permit's key. */
export class ConsentReceipts {
  constructor(
    private readonly register: Register,
    private readonly signer: ReceiptSigner,
    private readonly keys: PermitKeys,
    private readonly store: ConsentStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @returns the receipt as JWS; its copy is not kept while the vault is away, since a withdrawal waits for nobody, nor of a no for which there is no key */
  async issue(gate: Gate, changed: Changed): Promise<string> {
    const { pseudonym, gate_id } = gate;
    const hash = changed.notice?.toString('hex') as NoticeHash | undefined;
    const purpose = this.register.declared(gate.purpose);
    const facts = {
      ...changed,
      gate: gate_id,
      at: this.now(),
      pseudonym: pseudonym && encodeId('psn', pseudonym),
      purpose,
      notice: purpose.notices.find((notice) => notice.hash === hash) ?? (hash ? { hash } : null),
      validUntil: gate.state === 'open' ? gate.ends_on : null,
    };
    const receipt = await this.signer.sign(consentReceipt(facts, this.register));
    if (pseudonym) await this.keep(gate, changed.number, receipt);
    return receipt;
  }

  /** @returns for each event its receipt, or null */
  async read(gate: Gate, rows: readonly ConsentEventRow[]): Promise<(string | null)[]> {
    if (!rows.some(({ sealed }) => sealed)) return rows.map(() => null);
    const key = await this.keys.find(gate, 'rights');
    return rows.map(({ number, sealed }) =>
      key && sealed ? open(key, sealed, placeOf(gate, number)).toString('utf8') : null,
    );
  }

  private async keep(gate: Gate, number: number, receipt: string): Promise<void> {
    const key = await this.keys.find(gate, 'rights').catch(() => null);
    if (!key) return;
    const sealed = seal(key, Buffer.from(receipt, 'utf8'), placeOf(gate, number));
    await this.unitOfWork.single((tx) => this.store.keepReceipt(tx, gate.gate_id, number, sealed));
  }
}

function placeOf({ gate_id }: Gate, number: number): Buffer {
  return context('consent_receipt', gate_id, number);
}
