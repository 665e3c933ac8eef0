import type { HoldGround, PurposeName } from '@integument/contracts';
import { byteaArray, type Tx } from '@integument/database';

export interface NewHold {
  readonly hold_id: Buffer;
  readonly gate_id: Buffer;
  readonly ground: HoldGround;
  /** sealed */
  readonly reference: Buffer;
  readonly until_on: string;
}

export interface HoldRow extends NewHold {
  readonly purpose: PurposeName;
  readonly recorded_on: string;
}

/** What is foretold of a gate depends on its holds: it is said anew when they change. */
const FORETELL_ANEW = `UPDATE permit_gate SET foretold = NULL WHERE gate_id = $1 AND state = 'frozen'`;
const STANDS = 'lifted_on IS NULL AND until_on >= current_date';

export class HoldsStore {
  /** The caller holds the gate. @returns the day of it; null where the gate's erasure has set out */
  async insert(tx: Tx, { hold_id, gate_id, ground, reference, until_on }: NewHold): Promise<string | null> {
    const rows = await tx.query<{ recorded_on: string }>(
      `INSERT INTO permit_hold (hold_id, gate_id, ground, reference, until_on)
       SELECT $1, gate_id, $3, $4, $5 FROM permit_gate WHERE gate_id = $2 AND NOT erasing RETURNING recorded_on::text`,
      [hold_id, gate_id, ground, reference, until_on],
    );
    tx.send(FORETELL_ANEW, [gate_id]);
    return rows[0]?.recorded_on ?? null;
  }

  async findGate(tx: Tx, hold: Buffer): Promise<Buffer | null> {
    const rows = await tx.query<{ gate_id: Buffer }>('SELECT gate_id FROM permit_hold WHERE hold_id = $1', [
      hold,
    ]);
    return rows[0]?.gate_id ?? null;
  }

  /** The caller holds the gate. @returns the day on which it was lifted, now or before; null where it went with what it kept */
  async lift(tx: Tx, hold: Buffer, gate: Buffer): Promise<string | null> {
    tx.send('UPDATE permit_hold SET lifted_on = current_date WHERE hold_id = $1 AND lifted_on IS NULL', [
      hold,
    ]);
    tx.send(FORETELL_ANEW, [gate]);
    const rows = await tx.query<{ lifted_on: string }>(
      'SELECT lifted_on::text FROM permit_hold WHERE hold_id = $1',
      [hold],
    );
    return rows[0]?.lifted_on ?? null;
  }

  /** Those that stand, of all gates. */
  async findStanding(tx: Tx): Promise<HoldRow[]> {
    return tx.query<HoldRow>(
      `SELECT hold_id, gate_id, purpose, ground, reference, until_on::text, recorded_on::text
       FROM permit_hold JOIN permit_gate USING (gate_id) WHERE ${STANDS} ORDER BY permit_hold.until_on, hold_id LIMIT 1000`,
    );
  }

  /** Those that stand, of these gates. */
  async findOf(
    tx: Tx,
    gates: readonly Buffer[],
  ): Promise<Pick<HoldRow, 'gate_id' | 'ground' | 'until_on'>[]> {
    return tx.query(
      `SELECT gate_id, ground, until_on::text FROM permit_hold
       WHERE gate_id = ANY($1::bytea[]) AND ${STANDS} ORDER BY permit_hold.until_on, hold_id`,
      [byteaArray(gates)],
    );
  }
}
