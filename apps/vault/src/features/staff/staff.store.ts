import type { StaffRole } from '@integument/contracts';
import type { Tx } from '@integument/database';

export interface StaffRow {
  readonly account: Buffer;
  readonly roles: StaffRole[];
  readonly regions: string[];
  readonly origin: 'file' | 'console';
  readonly since: Date;
}

const COLUMNS = 'account, roles, regions, origin, since';

export class StaffStore {
  findAll(tx: Tx): Promise<StaffRow[]> {
    return tx.query<StaffRow>(`SELECT ${COLUMNS} FROM staff ORDER BY since, account`);
  }

  /** Until the transaction ends nobody else changes this row, and no session of theirs begins. */
  async lock(tx: Tx, account: Buffer): Promise<StaffRow | null> {
    const rows = await tx.query<StaffRow>(`SELECT ${COLUMNS} FROM staff WHERE account = $1 FOR UPDATE`, [
      account,
    ]);
    return rows[0] ?? null;
  }

  /** @returns null for an account that is staff already */
  async insert(
    tx: Tx,
    account: Buffer,
    roles: readonly StaffRole[],
    regions: readonly string[],
  ): Promise<StaffRow | null> {
    const rows = await tx.query<StaffRow>(
      `INSERT INTO staff (account, roles, regions, origin) VALUES ($1, $2, $3, 'console')
       ON CONFLICT ON CONSTRAINT staff_pk DO NOTHING RETURNING ${COLUMNS}`,
      [account, roles, regions],
    );
    return rows[0] ?? null;
  }

  /**
   * Ends their sessions, too: see the trigger.
   * @param regions null: those they have
   */
  async setRoles(
    tx: Tx,
    account: Buffer,
    roles: readonly StaffRole[],
    regions: readonly string[] | null,
  ): Promise<StaffRow> {
    const rows = await tx.query<StaffRow>(
      `UPDATE staff SET roles = $2, regions = coalesce($3, regions) WHERE account = $1 RETURNING ${COLUMNS}`,
      [account, roles, regions],
    );
    return rows[0] as StaffRow;
  }

  /** With all that hangs on it: sessions, second factors, recovery codes. */
  async delete(tx: Tx, account: Buffer): Promise<void> {
    await tx.query('DELETE FROM staff WHERE account = $1', [account]);
  }
}
