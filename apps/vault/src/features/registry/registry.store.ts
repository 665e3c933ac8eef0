import type { Tx } from '@integument/database';

/** What the file has said last, by the names of its clients and the digests of its staff. */
export interface OfFile {
  readonly clients: ReadonlyMap<string, string>;
  readonly staff: ReadonlyMap<string, string>;
}

/** What belongs to the file as a whole, and its staff. */
export class RegistryStore {
  /** Until the transaction ends no other start of the vault applies its file. */
  async takeTurn(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('integument/registry-file', 0))`);
  }

  async findOfFile(tx: Tx): Promise<OfFile> {
    const clients = await tx.query<Declared>(
      `SELECT client_id AS name, jsonb_build_array(use, reveal_purposes, purposes, vouches_for, dpop, (
           SELECT jsonb_agg(credential ORDER BY credential) FROM client_credential k
           WHERE k.client_id = c.client_id AND (not_after IS NULL OR not_after > clock_timestamp())
         ))::text AS declared
       FROM client c WHERE origin = 'file' AND NOT removed ORDER BY client_id`,
    );
    const staff = await tx.query<Declared>(
      `SELECT encode(account, 'hex') AS name, jsonb_build_array(roles, regions)::text AS declared FROM staff WHERE origin = 'file' ORDER BY account`,
    );
    return { clients: byName(clients), staff: byName(staff) };
  }

  async findRoles(tx: Tx, account: Buffer): Promise<string[] | null> {
    const rows = await tx.query<{ roles: string[] }>('SELECT roles FROM staff WHERE account = $1', [account]);
    return rows[0]?.roles ?? null;
  }

  /**
   * Whom the console has appointed stays, unless the file names them: then they are the file's, so that the operator can always take a
   * role away again, whoever gave it.
   */
  async replaceStaff(
    tx: Tx,
    staff: readonly { account: Buffer; roles: readonly string[]; regions: readonly string[] }[],
  ): Promise<void> {
    const kept = staff.map(({ account }) => account);
    const gone = await tx.query<{ account: Buffer }>(
      `SELECT account FROM staff WHERE origin = 'file' AND account <> ALL($1) ORDER BY account FOR UPDATE`,
      [kept],
    );
    const accounts = gone.map(({ account }) => account);
    // Before the rows that they hang on: a cascade would lock sessions first, and sign-outs lock them last.
    await tx.query('DELETE FROM sign_in WHERE staff = ANY($1)', [accounts]);
    await tx.query('DELETE FROM staff WHERE account = ANY($1)', [accounts]);
    for (const { account, roles, regions } of staff) {
      await tx.query(
        `INSERT INTO staff (account, roles, regions, origin) VALUES ($1, $2, $3, 'file')
         ON CONFLICT ON CONSTRAINT staff_pk DO UPDATE SET roles = excluded.roles, regions = excluded.regions,
           origin = excluded.origin`,
        // In one order, as the console has them: a list written the other way round is no change, and ends no sessions.
        [account, [...roles].sort(), regions],
      );
    }
  }
}

interface Declared {
  readonly name: string;
  readonly declared: string;
}

function byName(rows: readonly Declared[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ name, declared }) => [name, declared]));
}
