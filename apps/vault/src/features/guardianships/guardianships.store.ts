import type { Regions } from '@integument/authz';
import type { PurposeName } from '@integument/contracts';
import type { Tx } from '@integument/database';
import { inRegions } from '../people/index.js';

export interface NewGuardianship {
  readonly guardianship: Buffer;
  readonly guardianId: Buffer;
  readonly childId: Buffer;
  readonly clientId: string;
  readonly purposes: readonly PurposeName[];
  /** sealed under the child's key */
  readonly evidence: Buffer;
  readonly endsOn: string;
}

export interface GuardianshipRow {
  readonly guardianship: Buffer;
  readonly guardian_id: Buffer;
  readonly child_id: Buffer;
  /** the child's, for the audit log */
  readonly subject: Buffer;
  readonly purposes: readonly PurposeName[];
  readonly ends_on: string;
  readonly state: 'active' | 'ended';
}

/** A guardianship with what shows it. */
export interface ShownGuardianship
  extends Pick<GuardianshipRow, 'guardianship' | 'purposes' | 'ends_on' | 'state'> {
  readonly made_on: string;
  readonly client_id: string;
  readonly evidence: Buffer;
}

const COLUMNS = 'g.guardianship, g.guardian_id, g.child_id, p.subject, g.purposes, g.ends_on::text, g.state';
const OF_CHILD = 'guardianship g JOIN person p ON p.person_id = g.child_id';
const GOES_ON = `g.state = 'active' AND NOT p.erasing`;

export class GuardianshipsStore {
  async insert(tx: Tx, row: NewGuardianship): Promise<void> {
    const { guardianship, guardianId, childId, clientId, purposes, evidence, endsOn } = row;
    await tx.query(
      `INSERT INTO guardianship (guardianship, guardian_id, child_id, client_id, purposes, evidence, ends_on)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [guardianship, guardianId, childId, clientId, [...purposes], evidence, endsOn],
    );
  }

  /** Of those that the client recorded, and whose child it may be told of. */
  async findOfClient(
    tx: Tx,
    guardianship: Buffer,
    clientId: string,
    regions: Regions,
  ): Promise<GuardianshipRow | null> {
    const rows = await tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD}
       WHERE g.guardianship = $1 AND g.client_id = $2 AND NOT p.erasing AND ${inRegions('$3')}`,
      [guardianship, clientId, regions],
    );
    return rows[0] ?? null;
  }

  /** What shows who answers, or has answered, for a child in a purpose; the oldest first. */
  findEvidence(tx: Tx, childId: Buffer, purpose: PurposeName): Promise<ShownGuardianship[]> {
    return tx.query<ShownGuardianship>(
      `SELECT guardianship, purposes, made_on::text, ends_on::text, state, client_id, evidence FROM guardianship
       WHERE child_id = $1 AND $2 = ANY(purposes) ORDER BY made_on, guardianship`,
      [childId, purpose],
    );
  }

  findOfGuardian(tx: Tx, guardianId: Buffer, today: string): Promise<GuardianshipRow[]> {
    return tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD} WHERE g.guardian_id = $1 AND ${GOES_ON} AND g.ends_on > $2
       ORDER BY g.made_on, g.guardianship`,
      [guardianId, today],
    );
  }

  /** One that goes on, with its child, held until the transaction ends: it does not end, and nobody erases the child. */
  async lockActive(tx: Tx, guardianship: Buffer, today: string): Promise<GuardianshipRow | null> {
    const rows = await tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD} WHERE g.guardianship = $1 AND ${GOES_ON} AND g.ends_on > $2 FOR SHARE`,
      [guardianship, today],
    );
    return rows[0] ?? null;
  }

  /** What came of it ends with it: see the triggers of the table. @returns false where it was ended before */
  async end(tx: Tx, guardianship: Buffer): Promise<boolean> {
    const rows = await tx.query<{ guardianship: Buffer }>(
      `WITH ended AS (
         UPDATE guardianship SET state = 'ended' WHERE guardianship = $1 AND state = 'active' RETURNING guardianship)
       SELECT guardianship FROM ended`,
      [guardianship],
    );
    return rows.length === 1;
  }

  /** Some whose day has come; in any order, so that some that keep failing cannot hide the others. */
  findDue(tx: Tx, today: string): Promise<GuardianshipRow[]> {
    return tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD} WHERE g.state = 'active' AND g.ends_on <= $1 ORDER BY random() LIMIT 100`,
      [today],
    );
  }

  async findConsentEndings(tx: Tx, limit: number): Promise<Buffer[]> {
    const rows = await tx.query<{ gate_id: Buffer }>(
      `SELECT gate_id FROM permit WHERE consent_ends ORDER BY random() LIMIT $1`,
      [limit],
    );
    return rows.map(({ gate_id }) => gate_id);
  }
}
