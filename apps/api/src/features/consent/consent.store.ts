import type { ConsentEventKind, EventChannel } from '@integument/contracts';
import { byteaArray, type Tx } from '@integument/database';

export interface ConsentEvent {
  readonly gate: Buffer;
  /** of the gate when it happened */
  readonly epoch: number;
  readonly kind: ConsentEventKind;
  readonly notice: Buffer | null;
  readonly channel: EventChannel;
}

export interface ConsentEventRow {
  readonly number: number;
  readonly kind: ConsentEventKind;
  readonly on_day: string;
  readonly channel: EventChannel;
  readonly notice: Buffer | null;
  readonly sealed: Buffer | null;
}

/** What somebody said yes to, or was told of. */
const AGREED = `('given', 'renewed', 'informed')`;

/** A gate without a pseudonym has no key that a copy could lie under. */
const KEEP_ONE = `
  WITH held AS MATERIALIZED (
    SELECT gate_id FROM permit_gate WHERE gate_id = $1 AND pseudonym IS NOT NULL FOR SHARE)
  INSERT INTO consent_receipt (gate_id, number, sealed) SELECT gate_id, $2::int, $3::bytea FROM held`;
const KEEP = { name: 'consent.keep_receipt', text: `${KEEP_ONE} ON CONFLICT DO NOTHING` };

const APPEND = {
  name: 'consent.append',
  text: `INSERT INTO consent_event (gate_id, number, epoch, kind, notice, channel)
    SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM consent_event WHERE gate_id = $1
    RETURNING number`,
};
const LAST_AGREED = {
  name: 'consent.last_agreed',
  text: `SELECT kind, notice, channel, on_day = current_date AS "isOfToday" FROM consent_event
    WHERE gate_id = $1 AND kind IN ${AGREED} ORDER BY number DESC LIMIT 1`,
};

/** What was agreed to last, or told. */
export interface LastAgreed {
  readonly kind: ConsentEventKind;
  readonly notice: Buffer;
  readonly channel: EventChannel;
  readonly isOfToday: boolean;
}

export class ConsentStore {
  /** The caller holds the gate. @returns its number among the gate's events */
  async append(tx: Tx, { gate, epoch, kind, notice, channel }: ConsentEvent): Promise<number> {
    const rows = await tx.query<{ number: number }>(APPEND, [gate, epoch, kind, notice, channel]);
    return rows[0]?.number ?? 0;
  }

  async findAll(tx: Tx, gate: Buffer): Promise<ConsentEventRow[]> {
    return tx.query<ConsentEventRow>(
      `SELECT number, kind, on_day::text, channel, notice, sealed
       FROM consent_event LEFT JOIN consent_receipt USING (gate_id, number)
       WHERE gate_id = $1 ORDER BY number`,
      [gate],
    );
  }

  async findLastAgreed(tx: Tx, gate: Buffer): Promise<LastAgreed | null> {
    return (await tx.query<LastAgreed>(LAST_AGREED, [gate]))[0] ?? null;
  }

  async findLast(tx: Tx, gate: Buffer): Promise<Pick<ConsentEventRow, 'channel' | 'kind'> | null> {
    const rows = await tx.query<Pick<ConsentEventRow, 'channel' | 'kind'>>(
      'SELECT kind, channel FROM consent_event WHERE gate_id = $1 ORDER BY number DESC LIMIT 1',
      [gate],
    );
    return rows[0] ?? null;
  }

  /** Whether the last word was a no that stands by itself. */
  async isNo(tx: Tx, gate: Buffer): Promise<boolean> {
    const last = await this.findLast(tx, gate);
    return last?.kind === 'refused' || last?.kind === 'objected';
  }

  /** @returns those of the gates at which they themselves said yes after that day, or objected since */
  async findAnswered(tx: Tx, gates: readonly Buffer[], day: string): Promise<Buffer[]> {
    const rows = await tx.query<{ gate_id: Buffer }>(
      `SELECT DISTINCT gate_id FROM consent_event WHERE gate_id = ANY($1::bytea[])
         AND ((kind IN ('given', 'renewed') AND channel <> 'guardian' AND on_day > $2) OR (kind = 'objected' AND on_day >= $2))`,
      [byteaArray(gates), day],
    );
    return rows.map(({ gate_id }) => gate_id);
  }

  /** Not where the permit is erased already, or is being erased just then: a copy would stay behind. */
  keepReceipt(tx: Tx, gate: Buffer, number: number, sealed: Buffer): void {
    tx.send(KEEP, [gate, number, sealed]);
  }

  /** The same where several may have made one: @returns the one that is kept, or null */
  async keepOneReceipt(tx: Tx, gate: Buffer, number: number, sealed: Buffer): Promise<Buffer | null> {
    const rows = await tx.query<{ sealed: Buffer }>(
      `${KEEP_ONE} ON CONFLICT (gate_id, number) DO UPDATE SET sealed = consent_receipt.sealed RETURNING sealed`,
      [gate, number, sealed],
    );
    return rows[0]?.sealed ?? null;
  }

  async eraseReceipts(tx: Tx, gate: Buffer): Promise<void> {
    await tx.query('DELETE FROM consent_receipt WHERE gate_id = $1', [gate]);
  }
}
