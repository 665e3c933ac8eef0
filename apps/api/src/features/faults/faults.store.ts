import { FAULTS_SHOWN_DAYS, FAULTS_SHOWN_FROM } from '@integument/contracts';
import type { Tx } from '@integument/database';

export interface Fault {
  readonly part: string;
  readonly code: string;
  readonly version: string;
}

export interface ReportRow {
  readonly report_id: Buffer;
  readonly on_day: string;
  readonly sealed: Buffer;
}

export class FaultsStore {
  /** @returns false where the report was there already */
  async insert(tx: Tx, pseudonym: Buffer, report: Buffer, sealed: Buffer): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO fault_report (pseudonym, report_id, sealed) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [pseudonym, report, sealed],
    );
    return rows.length === 1;
  }

  /** @returns false where the permit is among those that are shown already: one statement, for two reports may come at once */
  async mark(tx: Tx, pseudonym: Buffer, fault: Buffer): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO fault_counted AS c (pseudonym, fault) VALUES ($1, $2)
       ON CONFLICT ON CONSTRAINT fault_counted_pk DO UPDATE SET on_day = current_date
         WHERE c.on_day <= current_date - $3::int
       RETURNING 1`,
      [pseudonym, fault, FAULTS_SHOWN_DAYS],
    );
    return rows.length === 1;
  }

  async count(tx: Tx, { part, code, version }: Fault): Promise<void> {
    await tx.query(
      `INSERT INTO fault_count AS c (on_day, part, code, version, reports) VALUES (current_date, $1, $2, $3, 1)
       ON CONFLICT ON CONSTRAINT fault_count_pk DO UPDATE SET reports = c.reports + 1`,
      [part, code, version],
    );
  }

  async findAll(tx: Tx, pseudonym: Buffer): Promise<ReportRow[]> {
    return tx.query<ReportRow>(
      'SELECT report_id, on_day::text, sealed FROM fault_report WHERE pseudonym = $1 ORDER BY on_day, report_id',
      [pseudonym],
    );
  }

  async findCounts(tx: Tx): Promise<(Fault & { readonly people: number })[]> {
    return tx.query<Fault & { people: number }>(
      `SELECT part, code, version, sum(reports)::int AS people FROM fault_count
       WHERE on_day > current_date - $2::int GROUP BY part, code, version HAVING sum(reports) >= $1
       ORDER BY people DESC, part, code, version LIMIT 1000`,
      [FAULTS_SHOWN_FROM, FAULTS_SHOWN_DAYS],
    );
  }

  /** Of all permits that no hold keeps, reports that are older than they are kept; and what isn't shown any more. */
  async deleteOld(tx: Tx, days: number): Promise<void> {
    await tx.query(
      `DELETE FROM fault_report r WHERE on_day < current_date - $1::int AND NOT EXISTS (
         SELECT FROM permit_gate g WHERE g.pseudonym = r.pseudonym AND permit_held_until(g.gate_id) IS NOT NULL)`,
      [days],
    );
    for (const table of ['fault_count', 'fault_counted'])
      await tx.query(`DELETE FROM ${table} WHERE on_day <= current_date - $1::int`, [FAULTS_SHOWN_DAYS]);
  }

  async erase(tx: Tx, pseudonym: Buffer): Promise<void> {
    for (const table of ['fault_report', 'fault_counted'])
      await tx.query(`DELETE FROM ${table} WHERE pseudonym = $1`, [pseudonym]);
  }
}
