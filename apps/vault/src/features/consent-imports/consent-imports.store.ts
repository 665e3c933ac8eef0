import type { Regions } from '@integument/authz';
import type { LateRefusal, PurposeName } from '@integument/contracts';
import { byteaArray, int2Array, type Tx, textArray } from '@integument/database';
import type { WrappedKey } from '../keys/index.js';
import { inRegions } from '../people/index.js';

/** Somebody whose consents are brought, held against erasure. */
export interface Consenter extends WrappedKey {
  /** as the client knows them */
  readonly name: Buffer;
  readonly personId: Buffer;
  readonly subject: Buffer;
}

export interface NewConsentRecord {
  readonly gate: Buffer;
  readonly at: number;
  readonly personId: Buffer;
  readonly purpose: PurposeName;
  readonly notice: Buffer;
  readonly givenOn: string;
  readonly sealed: Buffer;
}

/** A consent of before as it is kept. */
export interface KeptConsent {
  readonly import_id: Buffer;
  readonly at: number;
  readonly notice: Buffer;
  readonly given_on: string;
  readonly received_on: string;
  readonly client_id: string;
  readonly evidence: Buffer;
}

export interface ImportState {
  readonly received_on: string;
  readonly pending: number;
  readonly done: number;
  readonly refusals: readonly { readonly at: number; readonly code: LateRefusal }[];
}

const INSERT = {
  name: 'consent_imports.insert',
  text: `
    WITH given AS (
      SELECT gate, at, person, purpose, notice, given_on::date, evidence
      FROM unnest($2::bytea[], $3::int2[], $4::bytea[], $5::text[], $6::bytea[], $7::text[], $8::bytea[])
        AS row (gate, at, person, purpose, notice, given_on, evidence)),
    openings AS (
      INSERT INTO imported_opening (gate_id, purpose, person_id, notice, given_on, import_id, at)
      SELECT gate, purpose, person, notice, given_on, $1, at FROM given ORDER BY person, purpose, at
      ON CONFLICT (person_id, purpose) DO NOTHING RETURNING at)
    INSERT INTO consent_record (import_id, at, person_id, purpose, notice, given_on, evidence)
    SELECT $1, at, person, purpose, notice, given_on, evidence FROM given JOIN openings USING (at) RETURNING at`,
};

const STATE = `
  SELECT i.received_on::text, known.* FROM consent_import i CROSS JOIN LATERAL (
    SELECT count(o.gate_id)::int AS pending,
      count(*) FILTER (WHERE o.gate_id IS NULL AND r.refused IS NULL)::int AS done,
      coalesce(jsonb_agg(jsonb_build_object('at', r.at, 'code', r.refused) ORDER BY r.at)
        FILTER (WHERE r.refused IS NOT NULL), '[]') AS refusals
    FROM consent_record r LEFT JOIN imported_opening o
      ON (o.person_id, o.purpose, o.import_id, o.at) = (r.person_id, r.purpose, r.import_id, r.at)
    WHERE r.import_id = i.import_id) AS known
  WHERE i.import_id = $1 AND i.client_id = $2`;

export class ConsentImportsStore {
  /** Those of the people whom the client has a name for, held against erasure until the transaction ends. */
  holdPeople(tx: Tx, clientId: string, names: readonly Buffer[], regions: Regions): Promise<Consenter[]> {
    return tx.query<Consenter>(
      `SELECT c.pseudonym AS name, p.person_id AS "personId", p.subject, p.domain_key AS "domainKey", p.wrapped_key AS wrapped
       FROM client_pseudonym c JOIN person p USING (person_id)
       WHERE c.client_id = $1 AND c.pseudonym = ANY($2::bytea[]) AND NOT p.erasing AND ${inRegions('$3')}
       ORDER BY p.person_id FOR SHARE OF p`,
      [clientId, byteaArray(names), regions],
    );
  }

  async insertImport(tx: Tx, importId: Buffer, clientId: string): Promise<void> {
    await tx.query('INSERT INTO consent_import (import_id, client_id) VALUES ($1, $2)', [importId, clientId]);
  }

  /** @returns the places of those that nothing else of the same person and purpose waits beside */
  async insert(tx: Tx, importId: Buffer, records: readonly NewConsentRecord[]): Promise<Set<number>> {
    const rows = await tx.query<{ at: number }>(INSERT, [
      importId,
      byteaArray(records.map(({ gate }) => gate)),
      int2Array(records.map(({ at }) => at)),
      byteaArray(records.map(({ personId }) => personId)),
      textArray(records.map(({ purpose }) => purpose)),
      byteaArray(records.map(({ notice }) => notice)),
      textArray(records.map(({ givenOn }) => givenOn)),
      byteaArray(records.map(({ sealed }) => sealed)),
    ]);
    return new Set(rows.map(({ at }) => at));
  }

  /** What proves consents of a person that were taken and not refused; the oldest first. */
  findEvidence(tx: Tx, personId: Buffer, purpose: PurposeName): Promise<KeptConsent[]> {
    return tx.query<KeptConsent>(
      `SELECT r.import_id, r.at, r.notice, r.given_on::text, i.received_on::text, i.client_id, r.evidence
       FROM consent_record r JOIN consent_import i USING (import_id)
       WHERE r.person_id = $1 AND r.purpose = $2 AND r.evidence IS NOT NULL ORDER BY r.given_on, r.import_id, r.at`,
      [personId, purpose],
    );
  }

  /** @returns null where the client has brought none of this name */
  async findState(tx: Tx, importId: Buffer, clientId: string): Promise<ImportState | null> {
    const rows = await tx.query<ImportState>(STATE, [importId, clientId]);
    return rows[0] ?? null;
  }
}
