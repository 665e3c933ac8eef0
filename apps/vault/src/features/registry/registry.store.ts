import type { PurposeName, RevealPurpose } from '@integument/contracts';
import type { Tx } from '@integument/database';

export interface ClientRow {
  readonly client_id: string;
  readonly use: 'identity' | 'health';
  readonly reveal_purposes: RevealPurpose[];
  readonly purposes: PurposeName[];
  /** refused without a proof of its key */
  readonly dpop: boolean;
}

const CLIENT = 'client_id, use, reveal_purposes, purposes, dpop';

export class RegistryStore {
  async findClient(tx: Tx, clientId: string): Promise<ClientRow | null> {
    const rows = await tx.query<ClientRow>(
      `SELECT ${CLIENT} FROM client WHERE client_id = $1 AND NOT removed`,
      [clientId],
    );
    return rows[0] ?? null;
  }

  findClients(tx: Tx, use: ClientRow['use']): Promise<ClientRow[]> {
    return tx.query<ClientRow>(`SELECT ${CLIENT} FROM client WHERE use = $1 AND NOT removed`, [use]);
  }

  async findRoles(tx: Tx, account: Buffer): Promise<string[] | null> {
    const rows = await tx.query<{ roles: string[] }>('SELECT roles FROM staff WHERE account = $1', [account]);
    return rows[0]?.roles ?? null;
  }

  /** A client's use cannot change, also not by way of a removal: what it learned for one use would serve the other. */
  async upsertClient(tx: Tx, client: ClientRow): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO client (${CLIENT}) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT ON CONSTRAINT client_pk DO UPDATE
         SET reveal_purposes = excluded.reveal_purposes, purposes = excluded.purposes, dpop = excluded.dpop,
           removed = false
         WHERE client.use = excluded.use
       RETURNING client_id`,
      [client.client_id, client.use, client.reveal_purposes, client.purposes, client.dpop],
    );
    return rows.length === 1;
  }

  /**
   * Whom the console has appointed stays, unless the file names them: then they are the file's, so that the operator can always take a
   * role away again, whoever gave it.
   */
  async replaceStaff(tx: Tx, staff: readonly { account: Buffer; roles: readonly string[] }[]): Promise<void> {
    const kept = staff.map(({ account }) => account);
    const gone = await tx.query<{ account: Buffer }>(
      `SELECT account FROM staff WHERE origin = 'file' AND account <> ALL($1) ORDER BY account FOR UPDATE`,
      [kept],
    );
    const accounts = gone.map(({ account }) => account);
    // Before the rows that they hang on: a cascade would lock sessions first, and sign-outs lock them last.
    await tx.query('DELETE FROM sign_in WHERE staff = ANY($1)', [accounts]);
    await tx.query('DELETE FROM staff WHERE account = ANY($1)', [accounts]);
    for (const { account, roles } of staff) {
      await tx.query(
        `INSERT INTO staff (account, roles, origin) VALUES ($1, $2, 'file')
         ON CONFLICT ON CONSTRAINT staff_pk DO UPDATE SET roles = excluded.roles, origin = excluded.origin`,
        // In one order, as the console has them: a list written the other way round is no change, and ends no sessions.
        [account, [...roles].sort()],
      );
    }
  }

  async removeClientsExcept(tx: Tx, clientIds: readonly string[]): Promise<void> {
    await tx.query('UPDATE client SET removed = true WHERE client_id <> ALL($1) AND NOT removed', [
      clientIds,
    ]);
  }
}
