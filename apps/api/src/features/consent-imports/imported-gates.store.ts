import type { PurposeName } from '@integument/contracts';
import { byteaArray, int4Array, type Tx, textArray } from '@integument/database';

/** A gate that was there when its import came round again. */
export interface BegunGate {
  readonly gate_id: Buffer;
  readonly state: 'opening' | 'open' | 'frozen' | 'declined' | 'destroyed';
  readonly epoch: number;
  /** whether the import itself has been recorded */
  readonly imported: boolean;
  /** whether anything has: what a person decides leaves an event, what the reconciler closes leaves none */
  readonly decided: boolean;
}

/** A gate that the vault is asked about. */
export interface AskedGate {
  readonly gate: Buffer;
  readonly epoch: number;
}

/** A gate as the vault let it open. */
export interface MintedGate {
  readonly gate: Buffer;
  readonly epoch: number;
  readonly pseudonym: Buffer;
  readonly subject: Buffer;
  readonly notice: Buffer;
  readonly givenOn: string;
}

const BEGIN = {
  name: 'imported_gates.begin',
  text: `INSERT INTO permit_gate (gate_id, purpose, state, epoch) SELECT gate, $1, 'opening', 1
    FROM unnest($2::bytea[]) AS gate ON CONFLICT (gate_id) DO NOTHING RETURNING gate_id`,
};

// No other event can have come first: whoever decides about an opening gate raises its epoch, or opens it.
const OPEN = {
  name: 'imported_gates.open',
  text: `
    WITH minted AS (
      SELECT gate, epoch, pseudonym, subject, notice, given_on::date
      FROM unnest($1::bytea[], $2::int4[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[])
        AS row (gate, epoch, pseudonym, subject, notice, given_on)),
    opened AS (
      UPDATE permit_gate g SET state = 'open', pseudonym = minted.pseudonym, subject = minted.subject,
        changed_on = current_date, ends_on = minted.given_on + $7::int, due_on = NULL, foretold = NULL
      FROM minted WHERE g.gate_id = minted.gate AND g.epoch = minted.epoch AND g.state = 'opening'
      RETURNING g.gate_id, g.epoch, minted.notice, minted.given_on)
    INSERT INTO consent_event (gate_id, number, epoch, kind, notice, channel, on_day)
    SELECT gate_id, 1, epoch, 'given', notice, 'import', given_on FROM opened RETURNING gate_id`,
};

/** Gates by the thousand, of one purpose. Rows have days only, and lie in the order of names that are random. */
export class ImportedGatesStore {
  /** @returns those that are new */
  async begin(tx: Tx, purpose: PurposeName, gates: readonly Buffer[]): Promise<Buffer[]> {
    const rows = await tx.query<{ gate_id: Buffer }>(BEGIN, [purpose, byteaArray(gates)]);
    return rows.map(({ gate_id }) => gate_id);
  }

  /** What became of those that were there already, locked. */
  lockBegun(tx: Tx, gates: readonly Buffer[]): Promise<BegunGate[]> {
    return tx.query<BegunGate>(
      `SELECT gate_id, state, epoch,
         EXISTS (SELECT FROM consent_event e WHERE e.gate_id = g.gate_id AND e.channel = 'import') AS imported,
         EXISTS (SELECT FROM consent_event e WHERE e.gate_id = g.gate_id) AS decided
       FROM permit_gate g WHERE gate_id = ANY($1::bytea[]) ORDER BY gate_id FOR UPDATE`,
      [byteaArray(gates)],
    );
  }

  /** @returns those whose epoch still is the same */
  async open(tx: Tx, minted: readonly MintedGate[], days: number): Promise<Buffer[]> {
    const rows = await tx.query<{ gate_id: Buffer }>(OPEN, [
      byteaArray(minted.map(({ gate }) => gate)),
      int4Array(minted.map(({ epoch }) => epoch)),
      byteaArray(minted.map(({ pseudonym }) => pseudonym)),
      byteaArray(minted.map(({ subject }) => subject)),
      byteaArray(minted.map(({ notice }) => notice)),
      textArray(minted.map(({ givenOn }) => givenOn)),
      days,
    ]);
    return rows.map(({ gate_id }) => gate_id);
  }

  /** Gates that nothing can come of. Nothing was ever behind them. */
  async discard(tx: Tx, gates: readonly AskedGate[]): Promise<void> {
    if (gates.length === 0) return;
    await tx.query(
      `UPDATE permit_gate g SET state = 'destroyed', epoch = g.epoch + 1, changed_on = current_date
       FROM unnest($1::bytea[], $2::int4[]) AS spent (gate, epoch)
       WHERE g.gate_id = spent.gate AND g.epoch = spent.epoch AND g.state = 'opening'`,
      [byteaArray(gates.map(({ gate }) => gate)), int4Array(gates.map(({ epoch }) => epoch))],
    );
  }
}
