import { byteaArray, int2Array, type Tx, textArray } from '@integument/database';

export interface EvidenceRow {
  readonly subject: Buffer;
  readonly kind: 'person' | 'permit';
  readonly purpose: string | null;
  readonly domain_key: number;
  readonly wrapped_key: Buffer;
  readonly sealed: Buffer;
  readonly until: string | null;
}

export interface NewEvidence {
  readonly subject: Buffer;
  readonly kind: 'person' | 'permit';
  readonly purpose: string | null;
  readonly domainKey: number;
  readonly wrapped: Buffer;
  readonly sealed: Buffer;
  readonly until: null;
}

export interface LivingPerson {
  readonly person_id: Buffer;
  readonly domain_key: number;
  readonly wrapped_key: Buffer;
  readonly subject_salt: Buffer | null;
}

const INSERT_MANY = {
  name: 'evidence.insert_many',
  text: `INSERT INTO evidence (subject, kind, purpose, domain_key, wrapped_key, sealed)
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::int2[], $5::bytea[], $6::bytea[])`,
};

export class EvidenceStore {
  async insert(tx: Tx, row: NewEvidence): Promise<void> {
    await tx.query(
      `INSERT INTO evidence (subject, kind, purpose, domain_key, wrapped_key, sealed) VALUES ($1, $2, $3, $4, $5, $6)`,
      [row.subject, row.kind, row.purpose, row.domainKey, row.wrapped, row.sealed],
    );
  }

  insertMany(tx: Tx, rows: readonly NewEvidence[]): void {
    tx.send(INSERT_MANY, [
      byteaArray(rows.map(({ subject }) => subject)),
      textArray(rows.map(({ kind }) => kind)),
      textArray(rows.map(({ purpose }) => purpose)),
      int2Array(rows.map(({ domainKey }) => domainKey)),
      byteaArray(rows.map(({ wrapped }) => wrapped)),
      byteaArray(rows.map(({ sealed }) => sealed)),
    ]);
  }

  async find(tx: Tx, subject: Buffer): Promise<EvidenceRow | null> {
    const rows = await tx.query<EvidenceRow>(
      `SELECT subject, kind, purpose, domain_key, wrapped_key, sealed, until::text FROM evidence
       WHERE subject = $1 AND (until IS NULL OR until >= current_date)`,
      [subject],
    );
    return rows[0] ?? null;
  }

  /** No index leads from a commitment to a person: this reads the whole table, which two people have asked for. */
  async findLivingPerson(tx: Tx, subject: Buffer): Promise<LivingPerson | null> {
    const rows = await tx.query<LivingPerson>(
      'SELECT person_id, domain_key, wrapped_key, subject_salt FROM person WHERE subject = $1',
      [subject],
    );
    return rows[0] ?? null;
  }

  /** @param days by purpose; a purpose that is declared no more has nothing left to prove */
  async end(tx: Tx, subjects: readonly Buffer[], days: ReadonlyMap<string, number>): Promise<void> {
    await tx.query(
      `UPDATE evidence e SET until = current_date + coalesce(d.days, 0)
       FROM unnest($1::bytea[]) AS s(subject)
         JOIN evidence known USING (subject)
         LEFT JOIN unnest($2::text[], $3::int[]) AS d(purpose, days) ON d.purpose = known.purpose
       WHERE e.subject = s.subject AND e.until IS NULL`,
      [byteaArray(subjects), textArray([...days.keys()]), [...days.values()]],
    );
  }

  async endPerson(tx: Tx, subject: Buffer, days: number): Promise<void> {
    await tx.query('UPDATE evidence SET until = current_date + $2::int WHERE subject = $1', [subject, days]);
  }

  async deleteLapsed(tx: Tx): Promise<number> {
    const rows = await tx.query('DELETE FROM evidence WHERE until < current_date RETURNING 1 AS gone');
    return rows.length;
  }
}
