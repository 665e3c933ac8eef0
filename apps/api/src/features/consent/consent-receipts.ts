import type { ConsentChanged, ConsentEventKind, EventChannel, NoticeHash } from '@integument/contracts';
import { context, encodeId, open, seal } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Logger } from '@integument/telemetry';
import type { Gate, PermitKeys } from '../permits/index.js';
import type { Register } from '../register/index.js';
import type { ConsentEventRow, ConsentStore } from './consent.store.js';
import { consentState } from './consent-state.js';
import { consentReceipt, type ReceiptFacts } from './receipt.js';
import type { ReceiptSigner } from './receipt-keys.js';

type OwedRow = ConsentEventRow & { readonly notice: Buffer };

/** A change of mind that is committed. */
export interface Changed {
  readonly number: number;
  readonly kind: ConsentEventKind;
  /** what was agreed to, now or last, or refused; null where nothing was shown */
  readonly notice: Buffer | null;
  readonly channel: EventChannel;
}

/** What the vault answered to the change itself. */
export interface Told {
  /** the permit's, as it is handed out; undefined: it has to be asked for */
  readonly key: string | undefined;
  /** what is over with that answer */
  readonly settle: (tx: Tx) => void;
}

/** Gives each change of mind its signed receipt, and keeps a copy that goes with the permit's key. */
export class ConsentReceipts {
  constructor(
    private readonly register: Register,
    private readonly signer: ReceiptSigner,
    private readonly keys: PermitKeys,
    private readonly store: ConsentStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly logger: Pick<Logger, 'error'>,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * How a purpose stands now, with the receipt of what has changed; null: nothing has.
   * @param telling the vault of it, while the receipt is signed
   */
  async answer(gate: Gate, changed: Changed | null, telling?: Promise<Told | null>): Promise<ConsentChanged> {
    const receipt = changed && (await this.issue(gate, changed, telling));
    return { ...consentState(gate.purpose, gate), receipt };
  }

  /** @returns the receipt as JWS; its copy is not kept while the vault is away, since a withdrawal waits for nobody, nor of a no for which there is no key */
  async issue(gate: Gate, changed: Changed, telling?: Promise<Told | null>): Promise<string> {
    const validUntil = gate.state === 'open' ? gate.ends_on : null;
    const receipt = await this.sign(gate, changed, { at: this.now().toISOString(), validUntil });
    if (gate.pseudonym) await this.keep(gate, changed.number, receipt, (await telling) ?? null);
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
      // When a consent ends was said anew, or is over, with what came after it.
      const ends = row === rows.at(-1) ? gate.ends_on : null;
      const sealed = isOwed(row) ? await this.makeOwed(gate, row, ends, key) : row.sealed;
      receipts.push(sealed && open(key, sealed, placeOf(gate, row.number)).toString('utf8'));
    }
    return receipts;
  }

  /** Of the day on which it was given, which is all that is known of when. @returns what is kept: of several the first */
  private async makeOwed(
    gate: Gate,
    row: OwedRow,
    validUntil: string | null,
    key: Buffer,
  ): Promise<Buffer | null> {
    const receipt = await this.sign(gate, row, { at: row.on_day, validUntil });
    const sealed = seal(key, Buffer.from(receipt, 'utf8'), placeOf(gate, row.number));
    return this.unitOfWork.single((tx) => this.store.keepOneReceipt(tx, gate.gate_id, row.number, sealed));
  }

  private async sign(
    gate: Gate,
    changed: Changed,
    when: Pick<ReceiptFacts, 'at' | 'validUntil'>,
  ): Promise<string> {
    const { pseudonym, gate_id } = gate;
    const hash = changed.notice?.toString('hex') as NoticeHash | undefined;
    const purpose = this.register.declared(gate.purpose);
    const facts = {
      ...changed,
      ...when,
      created: this.now(),
      gate: gate_id,
      pseudonym: pseudonym && encodeId('psn', pseudonym),
      purpose,
      isOffered: this.register.offered(gate.purpose) !== null,
      notice: purpose.notices.find((notice) => notice.hash === hash) ?? (hash ? { hash } : null),
    };
    return this.signer.sign(consentReceipt(facts, this.register));
  }

  /** What happened is committed: that there is no copy of its receipt must not look as if it had not. */
  private async keep(gate: Gate, number: number, receipt: string, told: Told | null): Promise<void> {
    const key = told?.key
      ? this.keys.derive(gate, told.key)
      : await this.keys.find(gate, 'rights').catch(() => null);
    if (!key) return;
    const sealed = seal(key, Buffer.from(receipt, 'utf8'), placeOf(gate, number));
    const keeping = (tx: Tx) => {
      this.store.keepReceipt(tx, gate.gate_id, number, sealed);
      told?.settle(tx);
      return Promise.resolve();
    };
    await this.unitOfWork
      .run(keeping)
      .catch((error: unknown) => this.logger.error('the copy of a receipt was not kept', { error }));
  }
}

function isImport(row: ConsentEventRow): row is OwedRow {
  return row.channel === 'import' && row.notice !== null && row.sealed === null;
}

function placeOf({ gate_id }: Gate, number: number): Buffer {
  return context('consent_receipt', gate_id, number);
}
