import {
  type ConsentChanged,
  type ConsentEventKind,
  type EventChannel,
  type NoticeHash,
  purposeNamed,
} from '@integument/contracts';
import { context, encodeId, open, seal } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { Gate, PermitKeys } from '../permits/index.js';
import type { Register } from '../register/index.js';
import type { ConsentEventRow, ConsentStore } from './consent.store.js';
import { consentState } from './consent-state.js';
import { consentReceipt } from './receipt.js';
import type { ReceiptSigner } from './receipt-keys.js';

const DAY_MS = 86_400_000;

type OwedRow = ConsentEventRow & { readonly notice: Buffer };

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

  /** How a purpose stands now, with the receipt of what has changed; null: nothing has. */
  async answer(gate: Gate, changed: Changed | null): Promise<ConsentChanged> {
    const receipt = changed && (await this.issue(gate, changed));
    return { ...consentState(gate.purpose, gate), receipt };
  }

  /** @returns the receipt as JWS; its copy is not kept while the vault is away, since a withdrawal waits for nobody, nor of a no for which there is no key */
  async issue(gate: Gate, changed: Changed): Promise<string> {
    const receipt = await this.sign(gate, changed, this.now(), gate.state === 'open' ? gate.ends_on : null);
    if (gate.pseudonym) await this.keep(gate, changed.number, receipt);
    return receipt;
  }

  /** @returns for each event its receipt, or null; nobody was there to be given one of what was imported, so it is made now */
  async read(gate: Gate, rows: readonly ConsentEventRow[]): Promise<(string | null)[]> {
    const given = rows.findLast(({ kind }) => kind === 'given')?.number;
    // What was given before that was erased since, with its pseudonym: nobody can say any more whose it was.
    const isOwed = (row: ConsentEventRow): row is OwedRow => isImport(row) && row.number === given;
    if (!rows.some((row) => row.sealed || isOwed(row))) return rows.map(() => null);
    const key = await this.keys.find(gate, 'rights');
    if (!key) return rows.map(() => null);
    const receipts: (string | null)[] = [];
    for (const row of rows) {
      const sealed = isOwed(row) ? await this.makeOwed(gate, row, key) : row.sealed;
      receipts.push(sealed && open(key, sealed, placeOf(gate, row.number)).toString('utf8'));
    }
    return receipts;
  }

  /** Of the day on which it was given, which is all that is known of when. @returns what is kept: of several the first */
  private async makeOwed(gate: Gate, row: OwedRow, key: Buffer): Promise<Buffer> {
    const { number, on_day } = row;
    const at = new Date(`${on_day}T00:00:00Z`);
    const ends = new Date(at.getTime() + purposeNamed(gate.purpose).consentDays * DAY_MS);
    const receipt = await this.sign(gate, row, at, ends.toISOString().slice(0, 10));
    const sealed = seal(key, Buffer.from(receipt, 'utf8'), placeOf(gate, number));
    return this.unitOfWork.single((tx) => this.store.keepOneReceipt(tx, gate.gate_id, number, sealed));
  }

  private async sign(gate: Gate, changed: Changed, at: Date, validUntil: string | null): Promise<string> {
    const { pseudonym, gate_id } = gate;
    const hash = changed.notice?.toString('hex') as NoticeHash | undefined;
    const purpose = this.register.declared(gate.purpose);
    const facts = {
      ...changed,
      gate: gate_id,
      at,
      pseudonym: pseudonym && encodeId('psn', pseudonym),
      purpose,
      notice: purpose.notices.find((notice) => notice.hash === hash) ?? (hash ? { hash } : null),
      validUntil,
    };
    return this.signer.sign(consentReceipt(facts, this.register));
  }

  private async keep(gate: Gate, number: number, receipt: string): Promise<void> {
    const key = await this.keys.find(gate, 'rights').catch(() => null);
    if (!key) return;
    const sealed = seal(key, Buffer.from(receipt, 'utf8'), placeOf(gate, number));
    await this.unitOfWork.single((tx) => this.store.keepReceipt(tx, gate.gate_id, number, sealed));
  }
}

function isImport(row: ConsentEventRow): row is OwedRow {
  return row.channel === 'import' && row.notice !== null && row.sealed === null;
}

function placeOf({ gate_id }: Gate, number: number): Buffer {
  return context('consent_receipt', gate_id, number);
}
