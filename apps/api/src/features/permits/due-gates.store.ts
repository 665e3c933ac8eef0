import { byteaArray, type Tx } from '@integument/database';
import { GATE, type Gate } from './permits.store.js';

const IS_DUE = `state = 'frozen' AND due_on <= current_date AND permit_held_until(gate_id) IS NULL`;

/** Frozen gates whose time is up, and which no hold keeps. */
export class DueGatesStore {
  /** Some of them; in any order, so that some that keep failing cannot hide the others. */
  async find(tx: Tx): Promise<Gate[]> {
    return tx.query<Gate>(`SELECT ${GATE} FROM permit_gate WHERE ${IS_DUE} ORDER BY random() LIMIT 100`);
  }

  /**
   * Marks those that still are: from the commit on no hold is recorded for them. Locked first, by a statement of its own, so that the
   * next one sees what whoever held them has committed.
   */
  async setOut(tx: Tx, gates: readonly Gate[]): Promise<Gate[]> {
    const ids = byteaArray(gates.map(({ gate_id }) => gate_id));
    tx.send('SELECT FROM permit_gate WHERE gate_id = ANY($1::bytea[]) ORDER BY gate_id FOR UPDATE', [ids]);
    return tx.query<Gate>(
      `UPDATE permit_gate SET erasing = true WHERE gate_id = ANY($1::bytea[]) AND ${IS_DUE} RETURNING ${GATE}`,
      [ids],
    );
  }

  /** Of a gate that the caller holds. */
  async isHeld(tx: Tx, gate: Buffer): Promise<boolean> {
    const rows = await tx.query('SELECT WHERE permit_held_until($1) IS NOT NULL', [gate]);
    return rows.length === 1;
  }
}
